namespace Cli.Tests.Api;

public sealed class AddressTests : IDisposable
{
    private readonly StubBackend _backend = new(_ => null);
    private readonly Iot _iot = new();

    public AddressTests() => (_iot.Environment["IOT_URL"], _iot.Environment["IOT_OPERATOR_KEY"]) = (_backend.Url, Iot.Key);

    [Theory]
    [InlineData("a/../b", "a%2F..%2Fb")]
    [InlineData("x?top=1#y", "x%3Ftop%3D1%23y")]
    [InlineData("größe 1%", "gr%C3%B6%C3%9Fe%201%25")]
    public async Task An_odd_id_is_one_part_of_the_address(string id, string part)
    {
        Assert.Equal(4, (await _iot.RunAsync("devices", "show", id)).ExitCode);
        Assert.Equal([$"GET /api/fleet/devices/{part}"], _backend.Calls);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    public async Task What_a_path_resolves_away_is_no_id_and_nobody_is_asked(string id)
    {
        var (exitCode, _, error) = await _iot.RunAsync("devices", "disable", id);
        Assert.Equal((4, $"iot: there is nothing of the name '{id}'."), (exitCode, error.Trim()));
        Assert.Empty(_backend.Calls);
    }

    public void Dispose()
    {
        _backend.Dispose();
        _iot.Dispose();
    }
}
