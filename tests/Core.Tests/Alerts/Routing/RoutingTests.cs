using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Signals;

namespace Core.Tests.Alerts.Routing;

public sealed class RoutingTests
{
    private static readonly Route Tree = new()
    {
        Channels = ["ops"],
        Escalation = "night",
        Routes =
        [
            new() { Match = new() { Kinds = [AlertKind.SecurityAuthFailures] }, Channels = ["security"], Continue = true },
            new()
            {
                Match = new() { Severity = [Severity.Critical] },
                Channels = ["pager"],
                Routes = [new() { Match = new() { Groups = ["lab"] }, Channels = ["lab-chat"], Escalation = "lab" }],
            },
            new() { Match = new() { Models = ["cell"], Labels = new Dictionary<string, string> { ["owner"] = "energy" } }, Channels = ["energy"] },
            new() { Match = new() { Hours = new() { Days = ["mon", "tue"], From = "08:00", To = "18:00", TimeZone = "Europe/Berlin" } }, Channels = ["office"] },
        ],
    };

    [Theory]
    [InlineData(AlertKind.DeviceOffline, Severity.Critical, "site-a", "pager", "night", "routes[1]")]
    [InlineData(AlertKind.DeviceOffline, Severity.Critical, "lab", "lab-chat", "lab", "routes[1].routes[0]")]
    [InlineData(AlertKind.SecurityAuthFailures, Severity.Critical, "site-a", "security pager", "night", "routes[0] routes[1]")]
    [InlineData(AlertKind.SecurityAuthFailures, Severity.Warning, "site-a", "security", "night", "routes[0]")]
    [InlineData(AlertKind.BatteryLow, Severity.Warning, "site-a", "ops", "night", "default")]
    public void The_first_branch_that_matches_takes_an_alert_and_what_matches_nothing_goes_to_the_default(
        AlertKind kind, Severity severity, string group, string channels, string escalation, string why)
    {
        var decision = RouteDecision.Of(Tree, Alert(kind, severity, group), null, AlertWorld.Start.AddHours(8));
        Assert.Equal((channels, escalation, why), (string.Join(' ', decision.Channels), decision.Escalation, string.Join(' ', decision.Why)));
    }

    [Fact]
    public void A_branch_may_ask_for_the_devices_model_and_labels()
    {
        var device = new Device { Id = "d1", Model = "cell", Labels = new Dictionary<string, string> { ["owner"] = "energy" }, RegisteredAt = AlertWorld.Start };
        Assert.Equal(["energy"], RouteDecision.Of(Tree, Alert(AlertKind.BatteryLow, Severity.Warning, "a"), device, AlertWorld.Start).Channels);
    }

    [Theory]
    [InlineData("2026-11-02T06:59:59Z", "ops")]
    [InlineData("2026-11-02T07:00:00Z", "office")]
    [InlineData("2026-11-02T16:59:59Z", "office")]
    [InlineData("2026-11-02T17:00:00Z", "ops")]
    [InlineData("2026-11-04T10:00:00Z", "ops")]
    public void Hours_are_those_of_the_place(string time, string channel) =>
        Assert.Equal([channel], RouteDecision.Of(Tree, Alert(AlertKind.BatteryLow, Severity.Warning, "a"), null, DateTimeOffset.Parse(time, null)).Channels);

    [Fact]
    public void What_is_wrong_with_a_tree_is_said_with_its_place()
    {
        string[] channels = ["ops", "security", "pager", "energy", "office"];
        Assert.Equal(
            "routes[1].routes[0].channels names 'lab-chat', which is not there; there are: energy, office, ops, pager, security.",
            Tree.Check(channels, ["night", "lab"]));
        Assert.StartsWith("routes[0].match is missing", new Route { Routes = [new()] }.Check([], []), StringComparison.Ordinal);
        Assert.Null(Tree.Check([.. channels, "lab-chat"], ["night", "lab"]));
    }

    [Fact]
    public async Task Without_routes_every_channel_gets_what_it_wants()
    {
        var world = new AlertWorld();
        world.Add("all");
        world.Add("critical", c => c with { MinSeverity = Severity.Critical });
        world.Add("site-b", c => c with { Groups = ["site-b"] });
        var audience = await world.Audience.FindAsync(Alert(AlertKind.BatteryLow, Severity.Warning, "site-a"), AlertWorld.Start, default);
        Assert.Equal(["all"], audience.Channels);
        Assert.Equal(["critical", "site-b"], audience.Unwanted);
        Assert.Equal(["no routes"], audience.Why);
    }

    [Fact]
    public async Task Who_heard_of_the_beginning_hears_of_the_end_whatever_the_routes_say_by_then()
    {
        var world = new AlertWorld();
        world.Add("a");
        world.Add("b");
        world.Routes.Root = new() { Channels = ["a"] };
        world.Raise(world.Step("d1"));
        await world.PassAsync(TimeSpan.FromSeconds(1));
        world.Routes.Root = new() { Channels = ["b"] };
        world.Raise(world.Step("d1", AlertChange.Cleared));
        await world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(["Opened d1", "Cleared d1"], world.Lines("a"));
        Assert.Empty(world.Lines("b"));
    }

    [Fact]
    public async Task Getting_worse_is_told_to_those_who_heard_nothing_before()
    {
        var world = new AlertWorld();
        world.Add("all");
        world.Add("critical", c => c with { MinSeverity = Severity.Critical });
        world.Raise(world.Step("d1"));
        await world.PassAsync(TimeSpan.FromSeconds(1));
        world.Raise(world.Step("d1", AlertChange.Revised, Severity.Critical));
        await world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal((1, 1), (world.Lines("all").Count, world.Lines("critical").Count));
    }

    private static Alert Alert(AlertKind kind, Severity severity, string group) => new()
    {
        Id = AlertTransition.IdOf("d1", kind, AlertWorld.Start),
        Kind = kind,
        Severity = severity,
        WorstSeverity = severity,
        DeviceId = "d1",
        Groups = [group],
        Summary = "",
        Evidence = new Dictionary<string, object>(),
        RaisedAt = AlertWorld.Start,
        SaidAt = AlertWorld.Start,
        SaidBy = AlertChange.Opened,
    };
}
