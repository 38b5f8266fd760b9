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
              "registries": ["registry.example.com"],
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
    [InlineData("""not json""", "config.json")]
    public void What_is_wrong_is_named(string text, string expected)
    {
        var (configuration, faults) = Read(text);
        Assert.Null(configuration);
        Assert.Contains(expected, string.Join('\n', faults), StringComparison.Ordinal);
    }

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
