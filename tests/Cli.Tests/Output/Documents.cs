using System.Text.Json;
using IoTBackend.Cli.Api;

namespace Cli.Tests.Output;

/// <summary>Answers of the API as they were recorded from a demo, with members added that no version knows yet.</summary>
internal static class Documents
{
    public static T Read<T>(string json) => (T)JsonSerializer.Deserialize(json, typeof(T), Backend.Json)!;

    public static DevicePage Devices => Read<DevicePage>("""
        {"devices":[
          {"deviceId":"camera-01","model":"camera","platform":"linux/arm64/v8","groups":["site-harbour"],"reportingInterval":"PT2S","labels":{"demo":"yes"},"enabled":true,"registeredAt":"2026-11-20T09:00:00Z",
           "status":"offline","lastSeenAt":"2026-11-28T11:20:00Z","battery":{"state":"normal","percent":84.1,"voltage":4.06},"link":{"rssi":-64,"rssiBaseline":-63.5,"gateway":"gw-1","lossRatio":0.012},
           "images":{"sensor":"sha256:46eed82b671a7e727c6d4172d429f4b7edff6f9d17777d9db250bab6d7c902b1"},"clockSkew":"PT3S","readings":1313,"colour":"blue",
           "openAlerts":[{"id":"camera-01~device.offline~1795890355003","kind":"device.offline","severity":"critical","worstSeverity":"critical","deviceId":"camera-01","summary":"Silent while the others of site-harbour report.",
             "evidence":{},"raisedAt":"2026-11-28T11:21:00Z","saidAt":"2026-11-28T11:21:00Z","saidBy":"opened","state":"open"}]},
          {"deviceId":"pump-01","model":"pump","groups":["site-harbour","wet","long-lived","to-be-replaced-in-the-spring"],"labels":{},"enabled":true,"registeredAt":"2026-11-20T09:00:00Z","status":"online",
           "lastSeenAt":"2026-11-28T11:59:58Z","battery":{"state":"low","percent":18.6,"drainPerDay":2.25,"drainUnit":"percent"},
           "forecast":{"empty":{"expectedAt":"2026-12-06T09:00:00Z","earliest":"2026-12-04T00:00:00Z"}},"link":{"rssi":-71}},
          {"deviceId":"gateway-07","model":"gateway","groups":[],"labels":{},"enabled":false,"registeredAt":"2026-11-28T11:00:00Z","status":"disabled"}
        ],"continuation":null}
        """);

    public static AlertPage Alerts => Read<AlertPage>("""
        {"alerts":[
          {"id":"camera-01~device.offline~1795890355003","kind":"device.offline","severity":"critical","worstSeverity":"critical","deviceId":"camera-01","groups":["site-harbour"],
           "summary":"Silent while the others of site-harbour report.","cause":"device","evidence":{"silentFor":"PT39M"},"raisedAt":"2026-11-28T11:21:00Z","saidAt":"2026-11-28T11:21:00Z","saidBy":"opened","state":"open"},
          {"id":"pump-01~battery.low~1795890320085","kind":"battery.low","severity":"warning","worstSeverity":"warning","deviceId":"pump-01","summary":"The battery is at 19 %, at or below 20 %.","evidence":{},
           "raisedAt":"2026-11-28T09:00:00Z","saidAt":"2026-11-28T09:00:00Z","saidBy":"opened","assignee":"anna","acknowledgedAt":"2026-11-28T09:30:00Z","acknowledgedBy":"anna","state":"acknowledged"},
          {"id":"site-mill~group.outage~1795800000000","kind":"group.outage","severity":"information","worstSeverity":"critical","group":"site-mill","summary":"12 of 14 devices fell silent within a minute.","evidence":{},
           "raisedAt":"2026-11-26T09:00:00Z","saidAt":"2026-11-26T09:40:00Z","saidBy":"cleared","clearedAt":"2026-11-26T09:40:00Z","state":"cleared"}
        ]}
        """);

    public static AlertDetails Ended => Read<AlertDetails>("""
        {"id":"camera-01~device.offline~1795890355003","kind":"device.offline","severity":"information","worstSeverity":"critical","deviceId":"camera-01","groups":["site-harbour"],
         "summary":"Back after 40 min.","cause":"link","evidence":{"silentSeconds":2400},"raisedAt":"2026-11-28T11:21:00Z","saidAt":"2026-11-28T11:50:00Z","saidBy":"cleared",
         "raise":{"severity":"critical","summary":"Silent for 10 min; its signal had fallen before.","cause":"link","evidence":{"rssi":-97,"members":["camera-01","camera-02","camera-03","camera-04","camera-05","camera-06","camera-07","camera-08","camera-09","camera-10","camera-11","camera-12"],"silentSince":"2026-11-28T11:19:58.8290000+00:00","group":"site+harbour"},"saidAt":"2026-11-28T11:24:00Z","saidBy":"revised"},
         "openedAt":"2026-11-28T11:21:00Z","clearedAt":"2026-11-28T11:50:00Z","state":"cleared",
         "history":[{"at":"2026-11-28T11:21:00Z","what":"opened"},{"at":"2026-11-28T11:50:00Z","what":"cleared"}]}
        """);

    public static ReleaseList Releases => Read<ReleaseList>("""
        {"releases":[
          {"id":"sensor-aa91d82b671a7e727c6d4172d429f4b7","version":"5d1c4e02a7b6f390","track":"sensor","state":"held","image":"127.0.0.1:5000/fleet/sensor@sha256:aa91d82b671a7e727c6d4172d429f4b7edff6f9d17777d9db250bab6d7c902b1",
           "digest":"sha256:aa91d82b671a7e727c6d4172d429f4b7edff6f9d17777d9db250bab6d7c902b1","tag":"1.1.0","tags":["1.1.0","latest"],"mediaType":"application/vnd.oci.image.index.v1+json","firstSeenAt":"2026-11-28T11:50:00Z",
           "platforms":[{"platform":"linux/amd64","digest":"sha256:bb","sizeBytes":10485760}],"unusable":[],"contradictions":[],
           "gates":[{"gate":"tag","verdict":"passed","reason":"1.1.0 follows 1.0.0.","at":"2026-11-28T11:50:02Z"},
                    {"gate":"platforms","verdict":"held","reason":"No image for linux/arm64/v8, which 8 targeted devices need (camera-01, camera-02 ...).","at":"2026-11-28T11:50:02Z"}],
           "overrides":[],"approvals":[{"by":"ben","at":"2026-11-28T11:55:00Z","note":"Tested on site"}]},
          {"id":"sensor-46eed82b671a7e727c6d4172d429f4b7","version":"0b7e65d2c1a49f38","track":"sensor","state":"active","rollout":"scheduled","image":"127.0.0.1:5000/fleet/sensor@sha256:46ee","digest":"sha256:46eed82b671a7e727c6d4172d429f4b7edff6f9d17777d9db250bab6d7c902b1",
           "tag":"1.0.0","tags":["1.0.0"],"mediaType":"","firstSeenAt":"2026-11-20T11:50:00Z","platforms":[],"unusable":[],"contradictions":[],"gates":[],"overrides":[],"approvals":[]}
        ]}
        """);

    public const string Rollout = """
        {"release":"sensor-46eed82b671a7e727c6d4172d429f4b7","track":"sensor","round":1,"number":7,"state":"running","createdAt":"2026-11-28T11:00:00Z","wave":2,"waveSince":"2026-11-28T11:30:00Z","limits":[5,25,100],"fleet":100,
         "counts":{"done":20,"failed":3,"waiting":77},"waiting":{"offline":2},"told":{},"failed":{"silent":3},"lost":{},"criteria":[],"forecast":[],"rules":{}}
        """;

    public static DryRunAnswer DryRun => Read<DryRunAnswer>("""
        {"release":"sensor-aa91d82b671a7e727c6d4172d429f4b7","standsInTheWay":["platforms: no image for linux/arm64/v8"],"devices":9,"bytes":94371840,"bytesAfterCurrent":1048576,
         "platforms":[{"platform":"linux/amd64","devices":9,"bytes":94371840,"bytesAfterCurrent":1048576}],"excluded":[{"reason":"incompatible platform","devices":8,"names":["camera-01","camera-02"]}],
         "rollout":{"waves":[{"wave":1,"devices":1,"begins":"2026-11-28T12:00:00Z","ends":"2026-11-28T12:40:00Z"},{"wave":2,"devices":8,"begins":"2026-11-28T12:40:00Z","ends":"2026-11-28T13:20:00Z"}],
                    "endsAt":"2026-11-28T13:20:00Z","waiting":[{"reason":"offline","devices":1,"names":["pump-03"]}],"charge":[]}}
        """);
}
