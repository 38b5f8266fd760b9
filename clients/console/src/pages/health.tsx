import { call } from "../api/client";
import { useRead } from "../api/live";
import { count, full } from "../ui/format";
import { Card, Empty, Shown } from "../ui/parts";
import { troublesOf } from "./now";

export function Health() {
  const read = useRead("status", (signal) => call("get", "/status", { signal }), [], 5000);
  return (
    <Shown read={read} lines={8}>
      {(s) => {
        const troubles = troublesOf(s);
        const lag = s.partitions.reduce((n, p) => n + p.lag, 0);
        const queues = Object.entries(s.queues);
        const poison = queues.filter(([name]) => name.endsWith("-poison")).reduce((n, [, c]) => n + c, 0);
        return (
          <>
            <div class="figures">
              <div>
                <b>{count(lag)}</b>
                <span>events wait to be processed</span>
              </div>
              <div>
                <b>{count(queues.filter(([name]) => !name.endsWith("-poison")).reduce((n, [, c]) => n + c, 0))}</b>
                <span>messages in queues</span>
              </div>
              <div>
                <b class={poison > 0 ? "bad" : ""}>{count(poison)}</b>
                <span>messages that failed for good</span>
              </div>
              <a href="#/system/dead-letters">
                <b class={s.deadLetters > 0 ? "warn" : ""}>{count(s.deadLetters)}</b>
                <span>events of devices refused</span>
              </a>
            </div>
            {troubles.map((t) => (
              <p key={t.text} class={`note ${t.bad ? "bad" : "warn"}`}>
                {t.text}
              </p>
            ))}
            <div class="columns">
              <Card title="Telemetry hub, by partition" actions={read.at && <span class="soft">as of {full(read.at)}</span>}>
                <div class="scroll" role="region" aria-label="Partitions" tabIndex={0}>
                  <table>
                    <thead>
                      <tr>
                        <th scope="col">Partition</th>
                        <th scope="col" class="num spare">
                          Newest event
                        </th>
                        <th scope="col" class="num">
                          Processed up to
                        </th>
                        <th scope="col" class="num">
                          Waiting
                        </th>
                      </tr>
                    </thead>
                    <tbody>
                      {s.partitions.map((p) => (
                        <tr key={p.partition}>
                          <th scope="row">{p.partition}</th>
                          <td class="num spare">{p.lastEnqueued < 0 ? "none" : `no. ${count(p.lastEnqueued)}`}</td>
                          <td class="num">{p.processed < 0 ? "none" : `no. ${count(p.processed)}`}</td>
                          <td class={`num ${p.lag > 1000 ? "warn" : ""}`}>{count(p.lag)}</td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
              </Card>
              <Card title="Queues">
                {queues.length === 0 ? (
                  <Empty title="No queue yet" />
                ) : (
                  <div class="scroll" role="region" aria-label="Queues" tabIndex={0}>
                    <table>
                      <thead>
                        <tr>
                          <th scope="col">Queue</th>
                          <th scope="col" class="num">
                            Messages, about
                          </th>
                        </tr>
                      </thead>
                      <tbody>
                        {queues.map(([name, n]) => (
                          <tr key={name}>
                            <th scope="row">{name}</th>
                            <td class={`num ${name.endsWith("-poison") && n > 0 ? "bad" : ""}`}>{count(n)}</td>
                          </tr>
                        ))}
                      </tbody>
                    </table>
                  </div>
                )}
              </Card>
            </div>
          </>
        );
      }}
    </Shown>
  );
}
