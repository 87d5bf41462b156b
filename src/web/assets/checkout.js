// @ts-check
// The hosted checkout, as an SDK client: it calls what the public key opens, and nothing else.

/** What the page says of the session. */
const page = /** @type {HTMLElement} */ (document.getElementById("checkout"));
/** What the customer is shown: as text, so that no digit is lost. */
const shown = { currency: page.dataset.currency, value: page.dataset.value };
const session = `/v1/checkout/sessions/${page.dataset.session}`;

/**
 * Calls the API with the public key.
 * @param {string} path
 * @param {object} [body]
 */
async function call(path, body) {
  const response = await fetch(path, {
    method: body ? "POST" : "GET",
    headers: { "public-api-key": page.dataset.publicApiKey ?? "", ...(body ? { "content-type": "application/json" } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.messages?.join(" ") ?? response.statusText), { answer });
  return answer;
}

/** @param {string} id */
const field = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));
/** @param {string} text */
const digits = (text) => text.replace(/\D/g, "");

/**
 * An amount as the page writes amounts.
 * @param {number} amount
 */
function money(amount) {
  const { sign, decimals, point, separator } = page.dataset;
  const [whole, rest] = amount.toFixed(Number(decimals)).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, separator ?? "");
  return `${sign}\u00a0${grouped}${rest ? point + rest : ""}`;
}

/**
 * Lets the customer choose and pay.
 * @param {HTMLFormElement} form
 */
function choose(form) {
  const card = form.querySelector(".card");
  if (card) {
    watchCard();
    form.addEventListener("change", (event) => {
      const chosen = /** @type {HTMLInputElement} */ (event.target);
      if (chosen.name === "method" && "card" in chosen.dataset) chosen.closest(".method")?.append(card);
    });
  }
  const problem = /** @type {HTMLElement} */ (document.getElementById("problem"));
  const button = /** @type {HTMLButtonElement} */ (document.getElementById("pay"));
  const label = button.textContent;
  button.disabled = false;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    const chosen = /** @type {HTMLInputElement | null} */ (form.querySelector("input[name=method]:checked"));
    if (!chosen) return tell(problem.dataset.choose);
    const newCard = "card" in chosen.dataset;
    if (newCard && !checkCard()) return;
    button.disabled = true;
    button.textContent = button.dataset.working ?? "";
    try {
      const token = await call(`${session}/token`, { payment_method: method(chosen, newCard) });
      if (!("paidHere" in form.dataset)) {
        showForBackend(token);
        button.disabled = false;
        button.textContent = label;
        return;
      }
      goOn(await call(`${session}/pay`, { token: token.token, amount: shown }));
      return;
    } catch (error) {
      // Perhaps it was paid all the same: the answer was lost, or another window was faster. Or it is another purchase by now.
      const info = await call(`${session}/info`).catch(() => null);
      if (info && (info.payment || info.status !== "ACTIVE" || String(info.amount.value) !== String(Number(shown.value)))) {
        location.reload();
        return;
      }
      tell(problem.dataset.failed, /** @type {Error} */ (error).message);
    }
    button.disabled = false;
    button.textContent = label;
  });

  /**
   * @param {string | undefined} text
   * @param {string} [detail]
   */
  function tell(text, detail) {
    problem.textContent = detail ? `${text} (${detail})` : (text ?? "");
    problem.hidden = false;
  }
}

/**
 * What a one-time token is made of.
 * @param {HTMLInputElement} chosen
 * @param {boolean} newCard
 */
function method(chosen, newCard) {
  /** @type {Record<string, unknown>} */
  const made = { type: chosen.value };
  if (chosen.dataset.vaultedToken) made.vaulted_token = chosen.dataset.vaultedToken;
  if (newCard) {
    const [month, year] = expiry() ?? [0, 0];
    const parts = Number(field("installments").value || 1);
    made.card = {
      save: field("save")?.checked ?? false,
      detail: {
        number: digits(field("number").value), expiration_month: month, expiration_year: year,
        security_code: field("security-code").value, holder_name: field("holder").value.trim(),
      },
      ...(parts > 1 ? { installment: { value: parts } } : {}),
    };
  }
  return made;
}

/**
 * What the customer does after paying: goes to a page, or looks at what this page tells.
 * @param {any} payment
 */
function goOn(payment) {
  sessionStorage.setItem(`paid ${page.dataset.session}`, "yes");
  const kinds = Object.values(payment.payment_method_detail ?? {});
  const tells = kinds.some((kind) => kind.qr_code || kind.provider_barcode || kind.bank_account);
  if (payment.redirect_url && payment.sdk_action_required && !tells) location.assign(payment.redirect_url);
  else location.reload();
}

/**
 * Shows the call that the merchant's backend makes with the token.
 * @param {any} token
 */
function showForBackend(token) {
  const section = /** @type {HTMLElement} */ (document.getElementById("for-backend"));
  const body = {
    account_id: "…", country: token.country, workflow: "SDK_CHECKOUT",
    amount: shown,
    checkout: { session: page.dataset.session }, payment_method: { token: token.token },
  };
  const code = /** @type {HTMLElement} */ (section.querySelector("code"));
  code.textContent = `POST /v1/payments\n\n${JSON.stringify(body, null, 2)}`;
  section.hidden = false;
  section.scrollIntoView();
}

/** Asks how the payment stands until that is something else, more and more slowly, and draws it then. */
async function wait() {
  for (let pause = 2000; ; pause = Math.min(pause * 1.2, 15_000)) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    const info = document.hidden ? null : await call(`${session}/info`).catch(() => null);
    if (info?.payment && `${info.payment.status} ${info.payment.sub_status}` !== page.dataset.status) {
      location.reload();
      return;
    }
  }
}

/**
 * Takes the customer who has just paid back to the merchant, after the result could be read, unless it wants to stay.
 * @param {string} address
 */
function goBack(address) {
  const paid = `paid ${page.dataset.session}`;
  if (!sessionStorage.getItem(paid)) return;
  sessionStorage.removeItem(paid);
  const note = /** @type {HTMLElement} */ (document.getElementById("back-soon"));
  note.hidden = false;
  const timer = setTimeout(() => location.assign(address), 6000);
  document.getElementById("stay")?.addEventListener("click", () => {
    clearTimeout(timer);
    note.hidden = true;
  });
}

/** Keeps the language that the page was asked for in while the customer is on another page. */
function keepLanguage() {
  const name = `language ${page.dataset.session}`;
  const address = new URL(location.href);
  const asked = address.searchParams.get("language");
  const kept = sessionStorage.getItem(name);
  if (asked) sessionStorage.setItem(name, asked);
  else if (kept) {
    address.searchParams.set("language", kept);
    location.replace(address);
  }
}

/** Brands by the first digits, only for the eye: the server knows them better. */
const BRANDS = /** @type {[RegExp, string][]} */ ([
  [/^4/, "Visa"], [/^(5[1-5]|2[2-7])/, "Mastercard"], [/^3[47]/, "American Express"],
  [/^(36|38|30[0-5])/, "Diners"], [/^35/, "JCB"], [/^(6011|65)/, "Discover"],
]);

/** Whether the last digit is the one that the others lead to. Some test cards have another: it is only pointed out. */
function isChecked(/** @type {string} */ number) {
  let sum = 0;
  [...number].reverse().forEach((digit, place) => {
    const twice = Number(digit) * (place % 2 ? 2 : 1);
    sum += twice > 9 ? twice - 9 : twice;
  });
  return sum % 10 === 0;
}

/** Month and year with two digits, when they are ones. */
function expiry() {
  const parts = /^(\d{1,2})\s*\/\s*(?:20)?(\d{2})$/.exec(field("expiry").value.trim());
  const month = Number(parts?.[1]);
  return parts && month >= 1 && month <= 12 ? [month, Number(parts[2])] : null;
}

/** What is wrong with each field of a card: a name of its data, or nothing. */
const CHECKS = /** @type {Record<string, () => string>} */ ({
  number: () => {
    const number = digits(field("number").value);
    if (number.length < 8 || number.length > 19) return "wrong";
    return isChecked(number) ? "" : "unusual";
  },
  expiry: () => {
    const parts = expiry();
    if (!parts) return "wrong";
    const now = new Date();
    return (2000 + parts[1]) * 12 + parts[0] < now.getFullYear() * 12 + now.getMonth() + 1 ? "past" : "";
  },
  "security-code": () => (/^\d{3,4}$/.test(field("security-code").value) ? "" : "wrong"),
  holder: () => (field("holder").value.trim() ? "" : "wrong"),
});

/** @param {string} id */
function check(id) {
  const what = CHECKS[id]();
  const told = /** @type {HTMLElement} */ (document.getElementById(`${id}-wrong`));
  told.textContent = what ? (told.dataset[what] ?? "") : "";
  const refused = what !== "" && what !== "unusual";
  field(id).setAttribute("aria-invalid", String(refused));
  return !refused;
}

/** Checks every field, and leads to the first that is wrong. */
function checkCard() {
  const wrong = Object.keys(CHECKS).filter((id) => !check(id));
  if (wrong.length) field(wrong[0]).focus();
  return wrong.length === 0;
}

/** Checks fields when they are left, groups the number, and asks for instalments when it says enough of the card. */
function watchCard() {
  for (const id of Object.keys(CHECKS)) {
    field(id).addEventListener("blur", () => field(id).value && check(id));
    field(id).addEventListener("input", () => field(id).getAttribute("aria-invalid") === "true" && check(id));
  }
  let asked = "";
  const number = field("number");
  number.addEventListener("input", () => {
    const all = digits(number.value).slice(0, 19);
    const atEnd = number.selectionStart === number.value.length;
    if (atEnd) number.value = all.replace(/(.{4})(?=.)/g, "$1 ");
    const brand = BRANDS.find(([start]) => start.test(all))?.[1] ?? "";
    /** @type {HTMLElement} */ (document.getElementById("brand")).textContent = brand;
    const iin = all.slice(0, 8);
    if (all.length >= 8 && iin !== asked) {
      asked = iin;
      offerInstallments(iin);
    }
  });
  const expiry = field("expiry");
  expiry.addEventListener("input", (event) => {
    const typed = /** @type {InputEvent} */ (event).inputType?.startsWith("insert");
    if (typed && /^\d{2}$/.test(expiry.value)) expiry.value += "/";
  });
}

/**
 * Offers the instalments that a card can have.
 * @param {string} iin
 */
async function offerInstallments(iin) {
  const offered = await call(`${session}/installments?iin=${iin}`).catch(() => null);
  // The number has changed since.
  if (!digits(field("number").value).startsWith(iin)) return;
  const parts = /** @type {any[]} */ (offered?.installments_plan ?? []);
  const select = /** @type {HTMLSelectElement} */ (document.getElementById("installments"));
  const once = new Option(select.dataset.once, "1");
  const others = parts.filter((part) => part.installment > 1).map((part) => {
    const { value, total_value } = part.amount;
    const each = `${part.installment} × ${money(Number(value))}`;
    return new Option(total_value === undefined ? each : `${each} (${money(Number(total_value))})`, part.installment);
  });
  select.replaceChildren(once, ...others);
  /** @type {HTMLElement} */ (document.getElementById("installments-field")).hidden = others.length === 0;
}

keepLanguage();
const form = /** @type {HTMLFormElement | null} */ (document.getElementById("payment"));
if (form) choose(form);
if (document.getElementById("waiting")) wait();
if (page.dataset.return) goBack(page.dataset.return);
for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-copy]"))) {
  button.addEventListener("click", async () => {
    const code = field(button.dataset.copy ?? "");
    code.select();
    await navigator.clipboard?.writeText(code.value);
    button.textContent = button.dataset.copied ?? "";
  });
}
