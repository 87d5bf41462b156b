// @ts-check
// The first session: what a merchant's backend would call, shown with its answer.

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {string} id */
const field = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));

const form = /** @type {HTMLFormElement | null} */ (document.getElementById("create"));
if (form) begin(form);

/** @param {HTMLFormElement} form */
function begin(form) {
  const place = /** @type {HTMLSelectElement} */ (document.getElementById("place"));
  place.addEventListener("change", () => {
    field("amount").value = place.selectedOptions[0].dataset.price ?? "";
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    create(place);
  });
}

/** @param {HTMLSelectElement} place */
async function create(place) {
  const publicKey = element("public-api-key").textContent ?? "";
  const headers = {
    "public-api-key": publicKey,
    "private-secret-key": element("private-secret-key").textContent ?? "",
    "content-type": "application/json",
  };
  const amount = Number(field("amount").value.replace(",", "."));
  const body = {
    account_id: element("account-id").textContent,
    merchant_order_id: `order-${Date.now()}`,
    payment_description: field("description").value,
    country: place.value,
    amount: { currency: place.selectedOptions[0].dataset.currency, value: Number.isFinite(amount) ? amount : field("amount").value },
    workflow: "CHECKOUT",
  };
  const lines = [
    `curl ${location.origin}/v1/checkout/sessions \\`,
    ...Object.entries(headers).map(([name, value]) => `  -H '${name}: ${value}' \\`),
    `  -d '${JSON.stringify(body, null, 2).replaceAll("'", "'\\''")}'`,
  ];
  element("request").textContent = lines.join("\n");
  element("answer").textContent = "…";
  element("call").hidden = false;
  let told = "";
  let session = "";
  try {
    const response = await fetch("/v1/checkout/sessions", { method: "POST", headers, body: JSON.stringify(body) });
    const answer = await response.json();
    told = `HTTP ${response.status}\n\n${JSON.stringify(answer, null, 2)}`;
    session = response.ok ? answer.checkout_session : "";
  } catch (error) {
    told = String(error);
  }
  element("answer").textContent = told;
  for (const id of ["next", "card"]) element(id).hidden = !session;
  if (session) {
    const query = new URLSearchParams({ public_api_key: publicKey });
    element("open").setAttribute("href", `/checkout/${session}?${query}`);
    element("look").setAttribute("href", `/console/sessions/${session}`);
  }
}
