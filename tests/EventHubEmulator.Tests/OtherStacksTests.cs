namespace EventHubEmulator.Tests;

public sealed class OtherStacksTests
{
    [Fact]
    public async Task Rhea_never_stalls_between_SASL_and_open()
    {
        await using var hub = await TestHub.StartAsync();
        var (exitCode, output, error) = await Tool.RunAsync("node", await Tool.NodeFolderAsync(), TimeSpan.FromMinutes(1), "rhea.mjs", $"{hub.Port}");
        Assert.True(exitCode == 0, output + error);
    }

    [Fact]
    public async Task The_npm_clients_work_over_TLS_and_over_a_WebSocket()
    {
        await using var hub = await TestHub.StartAsync(null, "--tls-port", "0", "--https-port", "0");
        var trust = $"NODE_EXTRA_CA_CERTS={Path.Combine(hub.DataDirectory, "development.crt")}";
        var (exitCode, output, error) = await Tool.RunAsync("env", await Tool.NodeFolderAsync(), TimeSpan.FromMinutes(1), trust, "node", "secure.mjs", $"{hub.TlsPort}", $"{hub.HttpsPort}");
        Assert.True(exitCode == 0, output + error);
    }

    [Fact]
    public async Task Qpid_Proton_sends_reads_and_asks()
    {
        // The Debian package serves the system's own python, no other.
        var probe = File.Exists("/usr/bin/python3") ? (await Tool.RunAsync("/usr/bin/python3", Tool.Folder, TimeSpan.FromMinutes(2), "-B", "-c", "import proton")).ExitCode : 1;
        Assert.SkipUnless(probe == 0, "python3-qpid-proton is not installed");
        await using var hub = await TestHub.StartAsync();
        var (exitCode, output, error) = await Tool.RunAsync("/usr/bin/python3", Tool.Folder, TimeSpan.FromMinutes(1), "-B", "proton_client.py", $"{hub.Port}");
        Assert.True(exitCode == 0, output + error);
    }
}
