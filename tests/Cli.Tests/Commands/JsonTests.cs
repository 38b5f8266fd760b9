using System.Text.Json;

namespace Cli.Tests.Commands;

/// <summary>With <c>--json</c> a program reads standard output, whatever was done.</summary>
public sealed class JsonTests : IDisposable
{
    private readonly StubBackend _backend = new(_ => "{}");
    private readonly Iot _iot = new();

    public JsonTests() => (_iot.Environment["IOT_URL"], _iot.Environment["IOT_OPERATOR_KEY"]) = (_backend.Url, Iot.Key);

    [Fact]
    public async Task What_is_removed_is_said_as_a_document()
    {
        var (exitCode, output, _) = await _iot.RunAsync("mutes", "remove", "night", "--json");
        Assert.Equal((0, "night"), (exitCode, JsonDocument.Parse(output).RootElement.GetProperty("name").GetString()));
        Assert.Equal("night is gone.", (await _iot.RunAsync("mutes", "remove", "night")).Output.Trim());
    }

    public void Dispose()
    {
        _backend.Dispose();
        _iot.Dispose();
    }
}
