// A person's consent with openid-client, which xero-node uses: discovery, PKCE, code, id_token, refresh, revocation.
// The sandbox's address is the first argument. Prints one JSON object of what was seen.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const axios = require('axios');
const { Issuer, generators } = require('openid-client');

const [sandbox, clientId, clientSecret, tenantId] = process.argv.slice(2);
const back = 'http://localhost:5000/callback';
const seen = {};

const issuer = await Issuer.discover(sandbox);
seen.issuer = issuer.issuer;
const client = new issuer.Client({ client_id: clientId, client_secret: clientSecret, redirect_uris: [back] });
const [verifier, state, nonce] = [generators.codeVerifier(), generators.state(), generators.nonce()];
const asked = client.authorizationUrl({
  scope: 'openid profile email offline_access accounting.settings', state, nonce,
  code_challenge: generators.codeChallenge(verifier), code_challenge_method: 'S256',
});

const page = await axios.get(asked, { headers: { Accept: 'text/html' } });
seen.page = /Bright Path Support Services/.test(page.data);
const form = new URLSearchParams(
  [...page.data.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]),
);
form.set('tenantId', tenantId);
const press = async (consent) => {
  form.set('consent', consent);
  const quiet = { maxRedirects: 0, validateStatus: (status) => status === 302 };
  return (await axios.post(new URL('/identity/connect/authorize', sandbox).href, form, quiet)).headers.location;
};
const denied = client.callbackParams(await press('deny'));
seen.denied = await client.callback(back, denied, { state, nonce, code_verifier: verifier }).catch((e) => e.error);

const params = client.callbackParams(await press('allow'));
const tokens = await client.callback(back, params, { state, nonce, code_verifier: verifier });
seen.person = tokens.claims().email; // signature, nonce, times and at_hash were checked on the way
seen.same = (await client.userinfo(tokens)).sub === tokens.claims().sub;
const refreshed = await client.refresh(tokens.refresh_token);
seen.rotated = refreshed.refresh_token !== tokens.refresh_token;
const connections = async (token) => (await axios.get(`${sandbox}/connections`, {
  headers: { Authorization: `Bearer ${token}` }, validateStatus: () => true,
}));
seen.connections = (await connections(refreshed.access_token)).data.map((one) => one.tenantId);
await client.revoke(refreshed.refresh_token);
seen.revoked = await client.refresh(refreshed.refresh_token).catch((e) => e.error);
seen.after = (await connections(refreshed.access_token)).status;
console.log(JSON.stringify(seen));
