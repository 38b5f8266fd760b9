namespace Cli.Tests.Commands;

/// <summary>What scripts rely on: exit codes, and one line that says what is wrong.</summary>
public sealed class UsageTests : IDisposable
{
    private readonly Iot _iot = new();

    [Theory]
    [InlineData("unknown option --bad", "devices", "list", "--bad")]
    [InlineData("Unrecognized command or argument 'lst'", "devices", "lst")]
    [InlineData("Unrecognized command or argument 'frobnicate'", "frobnicate")]
    [InlineData("Required command was not provided", "rollout")]
    [InlineData("Must be one of", "alerts", "--state", "closed")]
    [InlineData("not a time: yesterday", "alerts", "--since", "yesterday")]
    [InlineData("--top needs a number from 1", "releases", "--top", "0")]
    [InlineData("--reason", "releases", "override", "r", "platforms")]
    [InlineData("--track", "devices", "pin", "d")]
    [InlineData("--release", "devices", "exclude", "d")]
    [InlineData("--at", "rollout", "start", "r", "--at", "tonight")]
    [InlineData("say what is looked for", "exposure")]
    [InlineData("say what is to be quiet", "alerts", "mute", "m", "--for", "2h")]
    [InlineData("not a time: soon", "alerts", "mute", "m", "--for", "soon", "--device", "d")]
    [InlineData("--label takes NAME=VALUE", "devices", "register", "d", "--label", "site")]
    [InlineData("both say which backend", "status", "--profile", "prod", "--url", "http://127.0.0.1:2")]
    [InlineData("not an address", "status", "--url", "iot.example.com")]
    [InlineData("not an address", "status", "--url", "https://me:secret@iot.example.com")]
    [InlineData("--devices needs a number up to 100,000", "simulate", "--devices", "200000")]
    [InlineData("--faults takes battery", "simulate", "--faults", "moon=1")]
    [InlineData("--policy and --alerts are needed", "backtest", "t.csv")]
    [InlineData("PT1M or more", "backtest", "t.csv", "--policy", "p", "--alerts", "a", "--forecast-step", "PT1S")]
    [InlineData("Could not find file", "backtest", "nowhere.csv", "--policy", "p.json", "--alerts", "a")]
    [InlineData("needs --devices or --fixed", "cost", "--json")]
    [InlineData("is not JSON", "releases", "evidence", "r", "-")]
    public async Task What_is_not_understood_ends_with_2_and_a_line_that_says_why(string why, params string[] arguments)
    {
        _iot.Environment["IOT_OPERATOR_KEY"] = Iot.Key;
        _iot.Environment["IOT_URL"] = arguments.Contains("--url") || arguments.Contains("--profile") ? "" : Iot.Nowhere;
        var (exitCode, output, error) = await _iot.RunAsync(arguments);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith("iot: ", error, StringComparison.Ordinal);
        Assert.Contains(why, error, StringComparison.Ordinal);
        // The line, and where to look it up.
        Assert.Single(error.TrimEnd().Split('\n'), line => !line.StartsWith("See iot", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("devices")]
    [InlineData("alerts", "--watch")]
    [InlineData("smoke-test")]
    [InlineData("releases", "approve", "r")]
    public async Task An_unreachable_backend_ends_with_3_and_one_line(params string[] arguments)
    {
        (_iot.Environment["IOT_URL"], _iot.Environment["IOT_OPERATOR_KEY"]) = (Iot.Nowhere, Iot.Key);
        var (exitCode, _, error) = await _iot.RunAsync(arguments);
        Assert.Equal(3, exitCode);
        Assert.StartsWith($"iot: nothing answers at {Iot.Nowhere}/ (connection refused).", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.DoesNotContain(Iot.Key, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fleet_whose_key_is_not_taken_is_told_which_key_it_was()
    {
        using var backend = new StubBackend(call => call == "GET /api/health" ? "{}" : null, otherwise: 401);
        (_iot.Environment["IOT_URL"], _iot.Environment["IOT_OPERATOR_KEY"]) = (backend.Url, Iot.Key);
        var (exitCode, _, error) = await _iot.RunAsync("simulate", "--devices", "1", "--seconds", "60");
        Assert.Equal((1, $"iot: {backend.Url}/ does not take the operator key (IOT_OPERATOR_KEY)."), (exitCode, error.Trim()));
    }

    [Fact]
    public async Task What_cannot_be_taken_back_is_not_done_where_nobody_can_be_asked()
    {
        (_iot.Environment["IOT_URL"], _iot.Environment["IOT_OPERATOR_KEY"]) = (Iot.Nowhere, Iot.Key);
        var (exitCode, _, error) = await _iot.RunAsync("devices", "rotate", "pump-01");
        Assert.Equal(2, exitCode);
        Assert.Contains("its primary key becomes the secondary. Rotate? Nobody is there to ask: say --yes.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fleets_cost_can_be_read_by_a_program()
    {
        var (exitCode, output, _) = await _iot.RunAsync("cost", "--devices", "1000", "--json");
        Assert.Equal(0, exitCode);
        Assert.True(System.Text.Json.JsonDocument.Parse(output).RootElement.GetProperty("usDollarsAMonth").GetDecimal() > 1);
    }

    [Fact]
    public async Task A_recording_is_replayed()
    {
        var telemetry = _iot.Write("t.csv", "deviceId,timestamp_iso,batteryVoltage,batteryPercent,rssi,sequence\n" + string.Concat(Enumerable.Range(0, 60)
            .Select(i => $"d1,2026-01-01T00:{i:00}:00Z,,{(i < 30 ? 60 : 10)},-70,{i}\n")));
        var policy = _iot.Write("p.json", """{"models":[{"match":"*","reportingInterval":"PT1M","battery":{"lowPercent":20}}]}""");
        var (exitCode, _, _) = await _iot.RunAsync("backtest", telemetry, "--policy", policy, "--alerts", Path.Combine(_iot.Home, "a.ndjson"));
        Assert.Equal(0, exitCode);
        Assert.Contains("battery.low", File.ReadAllText(Path.Combine(_iot.Home, "a.ndjson")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("releases", "list")]
    [InlineData("devices", "pinned")]
    public async Task A_track_that_nobody_knows_is_said_to_be_unknown(params string[] command)
    {
        using var backend = new StubBackend(call => call.StartsWith("GET /api/releases", StringComparison.Ordinal) ? """{"releases":[]}""" : null);
        _iot.Environment["IOT_OPERATOR_KEY"] = Iot.Key;
        Assert.Equal(4, (await _iot.RunAsync([.. command, "--track", "nope", "--url", backend.Url])).ExitCode);
    }

    public void Dispose() => _iot.Dispose();
}
