import httpx


class Merchant(httpx.Client):
    def __init__(self, url):
        made = httpx.post(f"{url}/v1/testing/organizations").raise_for_status().json()
        keys = {"public-api-key": made["public_api_key"], "private-secret-key": made["private_secret_key"]}
        super().__init__(base_url=url, headers=keys)
        self.account_id, self.organization_id = made["account_id"], made["organization_id"]

    def delete(self):
        self.request("DELETE", f"/v1/testing/organizations/{self.organization_id}").raise_for_status()
