using System.Text.Json;
using Cli.Tests.Output;

namespace Cli.Tests.Commands;

/// <summary>What lists ask the backend for.</summary>
public sealed class ListTests : IDisposable
{
    private readonly Iot _iot = new();

    public ListTests() => _iot.Environment["IOT_OPERATOR_KEY"] = Iot.Key;

    [Theory]
    [InlineData("24h", "2026-11-27T12:00:00.0000000+00:00")]
    [InlineData("2026-11-28T02:00:00+01:00", "2026-11-28T02:00:00.0000000+01:00")]
    [InlineData("2026-11-28T02:00:00Z", "2026-11-28T02:00:00.0000000+00:00")]
    public async Task What_happened_at_a_site_since_a_time_is_asked_for(string since, string asked)
    {
        using var backend = new StubBackend(_ => """{"alerts":[]}""");
        Assert.Equal(0, (await _iot.RunAsync("alerts", "--group", "site-a", "--since", since, "--url", backend.Url)).ExitCode);
        Assert.Equal([$"GET /api/alerts?group=site-a&since={Uri.EscapeDataString(asked)}&top=100"], backend.Calls);
    }

    [Theory]
    [InlineData("alerts", "--all")]
    [InlineData("exposure", "--all", "--package", "openssl")]
    [InlineData("devices", "--top", "2000")]
    public async Task A_page_is_no_larger_than_any_list_takes(params string[] command)
    {
        using var backend = new StubBackend(_ => """{"alerts":[],"concerned":[],"devices":[],"unknown":[],"at":"2026-11-28T12:00:00Z"}""");
        await _iot.RunAsync([.. command, "--url", backend.Url]);
        Assert.Contains("top=500", backend.Calls.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Releases_are_as_many_as_asked_for_and_it_is_said_that_there_are_more()
    {
        var release = JsonSerializer.Serialize(Documents.Releases.Releases[0], IoTBackend.Cli.Api.Backend.Json.ReleaseDocument);
        using var backend = new StubBackend(_ => $$"""{"releases":[{{release}},{{release}},{{release}}]}""");
        var (exitCode, output, error) = await _iot.RunAsync("releases", "--top", "2", "--json", "--url", backend.Url);
        Assert.Equal((0, 2), (exitCode, JsonDocument.Parse(output).RootElement.GetArrayLength()));
        Assert.Equal("The first 2; there are more: --all, or --top N.", error.Trim());
        Assert.Equal("", (await _iot.RunAsync("releases", "--all", "--json", "--url", backend.Url)).Error);
    }

    public void Dispose() => _iot.Dispose();
}
