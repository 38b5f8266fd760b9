// Verifies deliveries with the Standard Webhooks library. stdin: {secret, deliveries: [{headers, body}]}; stdout: how many it accepts.
import { Webhook } from "standardwebhooks";
import { text } from "node:stream/consumers";

const { secret, deliveries } = JSON.parse(await text(process.stdin));
const webhook = new Webhook(secret);
let genuine = 0;
for (const { headers, body } of deliveries) {
  try {
    webhook.verify(body, headers);
    genuine++;
  } catch (error) {
    console.error(error.message);
  }
}
console.log(genuine);
