// An OpenID provider for tests: oidc-provider with its own pages, in which any name may log in with any password. It is told by one JSON document
// on its command line: {port, client_id, client_secret, redirect_uri, algorithm, people: {name: {claims}}}. Signs with new keys each time.
import {generateKeyPairSync} from 'node:crypto';

import Provider from 'oidc-provider';

const told = JSON.parse(process.argv[2]);
const pairs = [['RS256', 'rsa', {modulusLength: 2048}], ['ES256', 'ec', {namedCurve: 'P-256'}]];
const keys = pairs.map(([alg, type, options]) => ({...generateKeyPairSync(type, options).privateKey.export({format: 'jwk'}), alg, use: 'sig'}));
const provider = new Provider(`http://127.0.0.1:${told.port}`, {
  clients: [{
    client_id: told.client_id,
    client_secret: told.client_secret,
    redirect_uris: [told.redirect_uri],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    id_token_signed_response_alg: told.algorithm,
  }],
  pkce: {required: () => true, methods: ['S256']},
  claims: {openid: ['sub'], profile: ['preferred_username', 'name', 'groups'], email: ['email', 'email_verified']},
  features: {devInteractions: {enabled: true}},
  async findAccount(_, id) {
    return {accountId: id, claims: async () => ({sub: id, ...told.people[id]})};
  },
  jwks: {keys},
  cookies: {keys: ['for tests alone']},
});
provider.listen(told.port, '127.0.0.1');
