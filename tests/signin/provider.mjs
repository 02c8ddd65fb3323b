// A certified OpenID Connect provider on loopback: node provider.mjs <port> <facts as JSON>.
import { pathToFileURL } from "node:url";

const [port, text] = process.argv.slice(2);
const { library, client, people } = JSON.parse(text);
const { Provider } = await import(pathToFileURL(library));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client],
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["preferred_username", "given_name", "family_name", "groups"],
  },
  pkce: { required: () => true },
  cookies: { keys: ["only for tests"] },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
});

provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
