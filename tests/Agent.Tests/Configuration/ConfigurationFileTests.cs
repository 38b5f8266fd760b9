using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using IoTBackend.Agent.Configuration;

namespace Agent.Tests.Configuration;

public sealed class ConfigurationFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");

    [Fact]
    public void A_file_with_comments_is_read_and_what_it_leaves_out_has_its_default()
    {
        var (configuration, faults) = Read("""
            {
              // whom it talks to
              "server": "https://iot.example.com/",
              "deviceId": "pump-{hostname}",
              "registries": ["registry.example.com", "ghcr.io/acme/"],
              "registryCredentials": { "ghcr.io": "/etc/iot-agent/ghcr" },
              "workloads": { "sensor": { "strategy": "beside", "settle": "PT30S", "options": { "network": "host" } } },
            }
            """);
        Assert.Empty(faults);
        Assert.Equal(("https://iot.example.com", $"pump-{Environment.MachineName}", TimeSpan.FromMinutes(1)), (configuration!.Server, configuration.DeviceId, configuration.Telemetry.Every));
        Assert.Equal((Strategy.Beside, "host"), (configuration.Workload("sensor").Strategy, configuration.Workload("sensor").Options.Network));
        Assert.False(configuration.Workload("other").Options.Privileged);
    }

    [Theory]
    [InlineData("""{"registries":["r"]}""", "server")]
    [InlineData("""{"server":"http://iot.example.com","registries":["r"]}""", "https")]
    [InlineData("""{"server":"https://iot.example.com"}""", "registries")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"deviceId":"a b"}""", "deviceId")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"keyFile":"key"}""", "keyFile")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"priviledged":true}""", "priviledged")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":{"options":{"mounts":[{"source":"/a:/etc","target":"/b"}]}}}}""", "colon")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":{"options":{"devices":["/etc/shadow"]}}}}""", "/etc/shadow")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"signatures":{"tracks":{"a":{"keys":["no key"]}}}}""", "signatures.tracks.a")]
    [InlineData("""{"server":"https://iot.example.com","registries":["https://r.example.com"]}""", "registries")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r",null]}""", "registries[1]: null")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":{"options":null}}}""", "workloads.a.options: null")]
    [InlineData("""{"server":"https://iot.example.com","server":"https://other.example.com","registries":["r"]}""", "server")]
    [InlineData("""{"server":"https://iot.example.com?a=b","registries":["r"]}""", "server")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"caFile":"/dev/null"}""", "caFile")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"telemetry":{"batteryCommand":[""]}}""", "batteryCommand")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"telemetry":{"every":"5s"}}""", "ISO 8601")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":{"options":{"ports":[{"host":"0","container":"80/tcp"}]}}}}""", "ports")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":{"options":{"mounts":[{"source":"/a"}]}}}}""", "target")]
    [InlineData("""{"server":"https://iot.example.com","registrys":["r"]}""", "config.json: nothing is called 'registrys' here.")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"telemetry":{"evry":"PT5S"}}""", "config.json: nothing is called 'evry' here.")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":{"strategy":"beside","options":{"ports":[{"host":"80","container":"80/tcp"}]}}}}""", "workloads.a: beside")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":{"options":{"logMegabytes":-1}}}}""", "logMegabytes")]
    [InlineData("""{"server":"https://iot.example.com/api","registries":["r"]}""", "server: without /api")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"engine":"docker.sock"}""", "engine: the absolute path of its socket, not 'docker.sock'.")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"Sensor":{}}}""", "no track is called 'Sensor'")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":{"options":{"capabilities":["CAP_NET_ADMIN"]}}}}""", "workloads.a.options.capabilities: NET_ADMIN, not CAP_NET_ADMIN.")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"signatures":{"newerOnly":true}}""", "signatures.newerOnly: with signatures.required only")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":{"deferAtMost":"PT0S"}}}""", "workloads.a.deferAtMost: PT1M to P365D.")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":{"options":{"pidsLimit":-1}}}}""", "workloads.a.options.pidsLimit")]
    [InlineData("// a\n{\"server\":\"https://iot.example.com\",\"registries\":[\"r.example.com\"],\n\"workloads\":{\"a\":{\n\"options\":{\n\"cpus\":1}}}}", "workloads.a.options: nothing is called 'cpus' here. (line 5)")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":null}}""", "workloads.a: null")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":null}""", "workloads: null")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":7}}""", "workloads.a: members, in { }.")]
    [InlineData("{\n\n\"server\":\"https://iot.example.com\",\"registries\":\"r\"}", "config.json: registries: a list, in [ ]. (line 3)")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"telemetry":{"every":60}}""", "config.json: telemetry.every: A duration is written as in ISO 8601, for example PT1M. (line 1)")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"longPoll":"yes"}""", "longPoll: true or false. (line 1)")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"telemetry":{"bufferMegabytes":1.5}}""", "telemetry.bufferMegabytes: a whole number. (line 1)")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"telemetry":[]}""", "telemetry: members, in { }. (line 1)")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":[]}""", "workloads: names with values, in { }. (line 1)")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":{"options":{"environment":{"A":1}}}}}""", "workloads.a.options.environment.A: text, in quotation marks. (line 1)")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":{"options":{"ports":[{"host":8080,"container":"80/tcp"}]}}}}""", "ports[0].host: text, in quotation marks. (line 1)")]
    [InlineData("""{"server":"https://iot.example.com","registries":["r"],"workloads":{"a":{"strategy":"blue"}}}""", "workloads.a.strategy: replace or beside. (line 1)")]
    [InlineData("""{"registries":["r"]}""", "it needs 'server'.")]
    [InlineData("{", "line 1)")]
    [InlineData("null", "null")]
    [InlineData("[]", "config.json")]
    [InlineData("", "config.json")]
    [InlineData("""not json""", "config.json")]
    public void What_is_wrong_is_named(string text, string expected)
    {
        var (configuration, faults) = Read(text);
        Assert.True(configuration is null || configuration.Workloads.Values.Any(w => w.Fault == faults[0]));
        Assert.Contains(expected, string.Join('\n', faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"options":{"capabilities":["CAP_NET_ADMIN"]}}""")]
    [InlineData("""{"strategy":"blue"}""")]
    [InlineData("""{"options":null}""")]
    public void A_fault_in_one_workloads_part_is_not_the_others(string broken)
    {
        var (configuration, faults) = Read("""{"server":"https://iot.example.com","registries":["r.example.com"],"workloads":{"a":BROKEN,"b":{"settle":"PT30S"}}}""".Replace("BROKEN", broken, StringComparison.Ordinal));
        Assert.StartsWith("workloads.a.", Assert.Single(faults), StringComparison.Ordinal);
        Assert.Equal((faults[0], null, TimeSpan.FromSeconds(30)), (configuration!.Workload("a").Fault, configuration.Workload("b").Fault, configuration.Workload("b").Settle));
    }

    [Fact]
    public void A_name_that_is_no_tracks_is_a_fault_of_that_workload_and_not_the_others()
    {
        var (configuration, faults) = Read("""{"server":"https://iot.example.com","registries":["r.example.com"],"workloads":{"Pump":{},"b":{"settle":"PT30S"}}}""");
        Assert.Equal(["workloads: no track is called 'Pump'; a name has a-z 0-9 . _ -, and * stands for the others."], faults);
        Assert.Equal((faults[0], null, TimeSpan.FromSeconds(30)), (configuration?.Workload("Pump").Fault, configuration?.Workload("b").Fault, configuration?.Workload("b").Settle));
    }

    [Fact]
    public void What_is_wrong_with_the_others_part_is_wrong_for_all_that_have_none_of_their_own() =>
        Assert.NotNull(Read("""{"server":"https://iot.example.com","registries":["r.example.com"],"workloads":{"*":{"settle":"1"}}}""").Configuration!.Workload("a").Fault);

    [Fact]
    public void A_byte_order_mark_is_passed_over() => Assert.Empty(Read("\uFEFF" + Whole).Faults);

    /// <summary>Every value of a whole file in turn, and bytes anywhere.</summary>
    [Fact]
    public void Whatever_stands_in_it_it_is_read_or_its_faults_are_told()
    {
        string[] values = ["null", "0", "-1", "1e99", "true", "\"\"", "\"\\u0000\"", "\"/\"", "[]", "[null]", "[[]]", "{}", "{\"a\":0}", new string('[', 100)];
        var whole = JsonNode.Parse(Whole)!;
        Gen.Select(Gen.Int[0, 60], Gen.Int[0, values.Length - 1], Gen.Byte.Array[0, 3], Gen.Int[0, Whole.Length - 4]).Sample((at, which, bytes, offset) =>
        {
            var seen = 0;
            Faultless(Write(whole));
            var torn = Encoding.UTF8.GetBytes(Whole);
            bytes.CopyTo(torn, offset);
            Faultless(torn);

            byte[] Write(JsonNode node) => Encoding.UTF8.GetBytes(Text(node));

            string Text(JsonNode? node) => seen++ == at ? values[which] : node switch
            {
                JsonObject members => $"{{{string.Join(',', members.Select(m => $"\"{m.Key}\":{Text(m.Value)}"))}}}",
                JsonArray items => $"[{string.Join(',', items.Select(Text))}]",
                _ => node!.ToJsonString(),
            };
        }, iter: 500);

        void Faultless(byte[] content)
        {
            var path = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}");
            File.WriteAllBytes(path, content);
            var (configuration, faults) = ConfigurationFile.Read(path);
            File.Delete(path);
            Assert.True((configuration is null || configuration.Workloads.Values.Any(w => w.Fault is not null)) == faults.Count > 0);
        }
    }

    private const string Whole = """
        {
          "server": "https://iot.example.com", "deviceId": "pump-1", "keyFile": "/k", "claimFile": "/c", "stateDirectory": "/s", "engine": "/e", "registries": ["r.example.com"],
          "registryCredentials": { "r.example.com": "/p" }, "longPoll": false,
          "signatures": { "required": true, "newerOnly": true, "pinOnFirstUse": false, "tracks": {} },
          "telemetry": { "every": "PT1M", "sendEvery": "PT1H", "bufferMegabytes": 2, "batteryCommand": ["/b"], "linkCommand": ["/l", "-v"] },
          "workloads": { "*": { "strategy": "replace", "settle": "PT1S", "healthyWithin": "PT1M", "check": ["/c"], "lockFile": "/l", "ask": ["/a"], "deferAtMost": "P7D", "stopWithin": "PT1S", "options": {
            "network": "host", "environment": { "A": "b" }, "command": ["x"], "user": "1", "ports": [{ "host": "80", "container": "80/tcp", "address": "127.0.0.1" }],
            "mounts": [{ "source": "/a", "target": "/b", "writable": true }], "devices": ["/dev/tty0"], "capabilities": ["NET_RAW"], "privileged": false, "readOnly": true,
            "memoryMegabytes": 64, "pidsLimit": 100, "logMegabytes": 1 } } }
        }
        """;

    [Fact]
    public void A_file_that_is_not_there_is_said_to_be_missing() => Assert.Equal(["there is no /nowhere/config.json."], ConfigurationFile.Read("/nowhere/config.json").Faults);

    [Fact]
    public void All_faults_are_told_at_once() =>
        Assert.Equal(3, Read("""{"server":"ftp://x","deviceId":"a b","registries":[]}""").Faults.Count);

    public void Dispose() => _folder.Delete(recursive: true);

    private (AgentConfiguration? Configuration, IReadOnlyList<string> Faults) Read(string text)
    {
        var path = Path.Combine(_folder.FullName, "config.json");
        File.WriteAllText(path, text);
        return ConfigurationFile.Read(path);
    }
}
