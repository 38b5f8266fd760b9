using IoTBackend.Cli;
using IoTBackend.Cli.Connect;

namespace Cli.Tests.Connect;

public sealed class ConnectionTests : IDisposable
{
    private const UnixFileMode Shared = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private readonly Iot _iot = new();

    [Fact]
    public void A_stack_on_this_machine_is_found_without_configuration()
    {
        _iot.Write(".local/operator.key", "local\n");
        Assert.Equal(("http://127.0.0.1:7071/", "local"), Found());
        _iot.Write(".local/address", "http://127.0.0.1:9000");
        Assert.Equal(("http://127.0.0.1:9000/", "local"), Found());
    }

    [Fact]
    public void A_stacks_key_is_given_to_no_other_machine()
    {
        _iot.Write(".local/operator.key", "local\n");
        var refused = Assert.Throws<CliException>(() => Found(url: "https://iot.example.com"));
        Assert.Contains("no operator key for iot.example.com", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_environment_counts_more_than_the_stack_and_what_was_typed_counts_most()
    {
        _iot.Write(".local/operator.key", "local\n");
        (_iot.Environment["IOT_URL"], _iot.Environment["IOT_OPERATOR_KEY"]) = ("https://one.example.com/", "set");
        Assert.Equal(("https://one.example.com/", "set"), Found());
        Assert.Equal(("https://two.example.com/", "set"), Found(url: "https://two.example.com"));
        _iot.Write(".config/iot/config.json", """{"profiles":{"prod":{"url":"https://prod.example.com","key":"kept"}}}""");
        Assert.Equal(("https://prod.example.com/", "kept"), Found(profile: "prod"));
        _iot.Environment["IOT_PROFILE"] = "prod";
        Assert.Equal(("https://prod.example.com/", "kept"), Found());
    }

    [Theory]
    [InlineData("""{"profiles":{}}""", "there is no profile 'prod'")]
    [InlineData("""{"profiles":{"prod":{"url":"https://prod.example.com"}}}""", "needs \"url\" and \"key\"")]
    [InlineData("{", "is not JSON")]
    public void A_profile_that_cannot_be_used_says_why(string config, string why)
    {
        _iot.Write(".config/iot/config.json", config);
        Assert.Contains(why, Assert.Throws<CliException>(() => Found(profile: "prod")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_that_others_can_read_are_not_used()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "file modes are Unix'");
        _iot.Write(".config/iot/config.json", """{"profiles":{"prod":{"url":"https://prod.example.com","key":"kept"}}}""", Shared);
        var refused = Assert.Throws<CliException>(() => Found(profile: "prod"));
        Assert.Contains("others can read it. Do: chmod 600", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_is_made_from_a_key_on_standard_input_and_only_its_owner_can_read_it()
    {
        _iot.Input = "typed-key\n";
        Assert.Equal(0, (await _iot.RunAsync("profiles", "set", "prod", "--url", "https://prod.example.com")).ExitCode);
        Assert.Equal(("https://prod.example.com/", "typed-key"), Found(profile: "prod"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_iot.Home, ".config/iot/config.json")));
        var (_, list, _) = await _iot.RunAsync("profiles");
        Assert.Equal("PROFILE  URL\nprod     https://prod.example.com\n", list);
        Assert.Equal("""[{"name":"prod","url":"https://prod.example.com"}]""", (await _iot.RunAsync("profiles", "list", "--json")).Output.Trim());
    }

    [Fact]
    public async Task A_profile_that_is_removed_takes_its_key_along()
    {
        var file = _iot.Write(".config/iot/config.json", """{"profiles":{"prod":{"url":"https://prod.example.com","key":"kept"},"odd":"no profile"}}""");
        Assert.Equal(0, (await _iot.RunAsync("profiles")).ExitCode);
        Assert.Equal(0, (await _iot.RunAsync("profiles", "remove", "prod")).ExitCode);
        Assert.DoesNotContain("kept", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(4, (await _iot.RunAsync("profiles", "remove", "prod")).ExitCode);
    }

    [Fact]
    public void A_connection_prints_without_its_key() => Assert.DoesNotContain("secret", new Connection(new("http://a"), "secret", "").ToString(), StringComparison.Ordinal);

    public void Dispose() => _iot.Dispose();

    private (string Url, string Key) Found(string? profile = null, string? url = null)
    {
        var connection = Connection.Find(_iot.Around(), profile, url);
        return (connection.Url.ToString(), connection.Key);
    }
}
