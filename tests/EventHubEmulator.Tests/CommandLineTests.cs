using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using IoTBackend.EventHubEmulator.Authorization;
using IoTBackend.EventHubEmulator.Configuration;

namespace EventHubEmulator.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public void Everything_wrong_with_a_configuration_is_said_at_once()
    {
        const string json = """
            {"UserConfig":{"NamespaceConfig":[{"Entities":[
              {"Name":"../up","PartitionCount":4},
              {"Name":"a","PartitionCount":33},
              {"Name":"A","PartitionCount":1,"AuthorizationRules":[{"Name":"r","Rights":["Send"]},{"Name":"q","PrimaryKey":"k","Rights":["Write"]}]}]}]}}
            """;
        var message = Assert.Throws<InvalidDataException>(() => ConfigFile.Parse(json)).Message;
        foreach (var part in new[] { "'../up'", "not 1 to 32", "'A' is there twice", "the rule 'r'", "'Write'" })
            Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_of_a_hub_are_read_beside_the_root_rule()
    {
        var config = ConfigFile.Parse("""{"UserConfig":{"NamespaceConfig":[{"Type":"EventHub","Entities":[{"Name":"t","PartitionCount":"2","AuthorizationRules":[{"Name":"s","PrimaryKey":"k","Rights":["Send","Listen"]}]}]}]},"LoggingConfig":{}}""".Replace("\"2\"", "2", StringComparison.Ordinal));
        Assert.Equal(2, config.Hubs[0].PartitionCount);
        Assert.Equal([NamespaceConfig.RootRule, new("s", "k", AccessRights.Send | AccessRights.Listen, "t")], config.Rules);
    }

    [Theory]
    [InlineData("--port", "99999", 2, "--port has to be a number from 0 to 65535")]
    [InlineData("--colour", "blue", 2, "--colour is unknown")]
    [InlineData("--config", "/nonexistent.json", 1, "cannot read /nonexistent.json")]
    public async Task A_mistake_ends_in_one_line_that_names_it(string name, string value, int exitCode, string expected)
    {
        var (code, error) = await RunAsync(name, value);
        Assert.Equal(exitCode, code);
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var data = Directory.CreateTempSubdirectory("port-").FullName;
        var (code, error) = await RunAsync("--data", data, "--health-port", "off", "--port", $"{port}");
        Assert.Equal(1, code);
        Assert.StartsWith($"port {port} cannot be used", error, StringComparison.Ordinal);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task A_damaged_partition_ends_the_start_with_what_to_do_and_that_helps()
    {
        var data = Directory.CreateTempSubdirectory("damaged-").FullName;
        var segment = Path.Combine(Directory.CreateDirectory(Path.Combine(data, "telemetry", "2")).FullName, "00000000000000000000.log");
        await File.WriteAllBytesAsync(segment, new byte[1000]);
        var (code, error) = await RunAsync("--data", data, "--health-port", "off", "--port", "0");
        Assert.Equal((1, true), (code, error.StartsWith($"{segment} is damaged", StringComparison.Ordinal)));
        Assert.Contains("--repair", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        using (await HubProcess.StartAsync(data, 0, "--repair")) Assert.True(File.Exists(segment + ".damaged"));
        using (await HubProcess.StartAsync(data)) { }
        Directory.Delete(data, recursive: true);
    }

    private static async Task<(int Code, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(HubProcess.Command(arguments))!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }
}
