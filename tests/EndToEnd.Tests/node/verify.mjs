// Verifies deliveries with the Standard Webhooks library, each at the time it came: an older one is not to be taken.
// stdin: {secret, deliveries: [{at, headers, body}]}, at in milliseconds; stdout: what it has against any of them, an array of texts.
import { Webhook } from "standardwebhooks";
import { text } from "node:stream/consumers";

const { secret, deliveries } = JSON.parse(await text(process.stdin));
const webhook = new Webhook(secret);
const wrong = [];
for (const { at, headers, body } of deliveries) {
  Date.now = () => at;
  try {
    webhook.verify(body, headers);
  } catch (error) {
    wrong.push(`${headers["webhook-id"]}, which came ${new Date(at).toISOString()}: ${error.message}`);
  }
}
process.stdout.write(JSON.stringify(wrong));
