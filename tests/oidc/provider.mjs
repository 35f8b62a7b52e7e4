// A certified OpenID provider for the tests of signing in: it believes whoever says who they are in the cookie `who`.
// Its signing key and its clients come from the environment, so that a test can sign as the provider would.
import http from 'node:http';
import Provider from 'oidc-provider';

const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    jwks: JSON.parse(process.env.PROVIDER_JWKS),
    clients: JSON.parse(process.env.PROVIDER_CLIENTS),
    cookies: { keys: ['only-for-tests'] },
    pkce: { required: () => true },
    ttl: { IdToken: 600, AuthorizationCode: 60, Interaction: 600, Session: 600, Grant: 600, AccessToken: 600 },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on('request', async (request, response) => {
    if (!request.url.startsWith('/interaction/')) return answer(request, response);
    const who = /(?:^|; )who=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? 'nobody';
    return provider.interactionFinished(request, response, { login: { accountId: who } });
  });
  console.log(issuer); // the one line the tests wait for
});
process.stdin.resume(); // the end of its input is the end of the provider, whatever becomes of the tests
process.stdin.on('end', () => process.exit(0));
