// Makes sigstore bundles of a file with sigstore's own signing library against its mocks of Fulcio and Rekor, as one line of JSON:
// { message, statement, root, log }. Usage: node sigstore.mjs FILE
import { createHash } from 'node:crypto';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import sign from '@sigstore/sign';
import mock from '@sigstore/mock';
import { bundleToJSON } from '@sigstore/bundle';
import nock from 'nock';

const data = readFileSync(process.argv[2]);
const [fulcioURL, rekorURL, issuer, subject] = ['https://fulcio.example', 'https://rekor.example', 'https://issuer.example', 'https://ci.example/release'];
const pair = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const rekor = pair();
const ca = await mock.initializeCA(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }));
const log = await mock.initializeTLog(rekorURL, rekor);
const serve = (base, handler) => nock(base).persist().post(handler.path).reply(async (_, body) => {
  const { statusCode, response, contentType } = await handler.fn(typeof body === 'string' ? body : JSON.stringify(body));
  return [statusCode, response, { 'Content-Type': contentType ?? 'text/plain' }];
});
serve(fulcioURL, mock.fulcioHandler(ca));
serve(rekorURL, mock.rekorHandler(log));

// What an identity provider would say; the mock believes it.
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = `${part({ alg: 'none' })}.${part({ iss: issuer, sub: subject })}.`;
const signer = () => new sign.FulcioSigner({ fulcioBaseURL: fulcioURL, identityProvider: { getToken: async () => token } });
const witnesses = [new sign.RekorWitness({ rekorBaseURL: rekorURL, entryType: 'intoto' })];
const message = await new sign.MessageSignatureBundleBuilder({ signer: signer(), witnesses }).create({ data });
const statement = await new sign.DSSEBundleBuilder({ signer: signer(), witnesses }).create({
  type: 'application/vnd.in-toto+json',
  data: Buffer.from(JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'image', digest: { sha256: createHash('sha256').update(data).digest('hex') } }],
    predicateType: 'https://sigstore.dev/cosign/sign/v1',
    predicate: {},
  })),
});
const pem = (label, der) => `-----BEGIN ${label}-----\n${der.toString('base64').match(/.{1,64}/g).join('\n')}\n-----END ${label}-----\n`;
console.log(JSON.stringify({
  message: bundleToJSON(message),
  statement: bundleToJSON(statement),
  root: pem('CERTIFICATE', ca.rootCertificate),
  log: rekor.publicKey.export({ format: 'pem', type: 'spki' }),
}));
