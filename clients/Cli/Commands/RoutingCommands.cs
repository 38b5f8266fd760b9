using System.CommandLine;
using System.Text.Json.Nodes;
using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary>Where alerts go: <c>iot channels</c>, <c>iot routes</c>, <c>iot mutes</c>.</summary>
internal static class RoutingCommands
{
    private static readonly Argument<string> Name = new("NAME") { Description = "Its name" };
    private static readonly Argument<string> Kind = new("KIND") { Description = "Of the alert: device.offline, battery.low ..." };
    private static readonly Option<string> Severity = new("--severity") { Description = "information, warning (default) or critical", HelpName = "SEVERITY" };
    private static readonly Option<string> Device = new("--device") { Description = "The device it is about", HelpName = "ID" };
    private static readonly Option<string> Group = new("--group") { Description = "The group it is about", HelpName = "GROUP" };

    private static readonly Table<JsonObject> ChannelTable = new(
        new("CHANNEL", c => Text(c, "name")),
        new("TYPE", c => Text(c, "type")),
        new("FROM", c => Text(c, "minSeverity") is "-" ? "information" : Text(c, "minSeverity")),
        new("KINDS", c => Names(c, "kinds"), CutTo: 24, Rank: 1),
        new("GROUPS", c => Names(c, "groups"), CutTo: 24, Rank: 2));

    public static Verb Channels(Surroundings around) => new Verb("channels", "Who is told of alerts").Takes(
        new Verb("list", "Channels, with what they want to hear of", "iot channels list").Calls(around, async (call, cancellationToken) =>
            call.Screen.List((await call.Backend.ListChannelsAsync(cancellationToken)).Channels, ChannelTable, "No channel: nobody is told of alerts.")),
        new Verb("test", "Sends a test through a channel and says what the receiver answered", "iot channels test ops").Takes(Name).Calls(around, TestAsync)).OrElseTheFirst();

    public static Verb Routes(Surroundings around) => new Verb("routes", "Which alert goes to which channel").Takes(
        new Verb("preview", "Who would be told of an alert now, and why", "iot routes preview device.offline --severity critical --device pump-01").Takes(Kind, Severity, Device, Group)
            .Calls(around, async (call, cancellationToken) => call.Screen.Show(
                await call.Backend.PreviewRoutesAsync(new() { Kind = call.Get(Kind), Severity = call.Get(Severity), DeviceId = call.Get(Device), Group = call.Get(Group) }, cancellationToken),
                audience => Draw(call.Screen, audience))));

    public static Verb Mutes(Surroundings around) => new Verb("mutes", "What is quiet").Takes(
        new Verb("list", "Mutes, and until when", "iot mutes list").Calls(around, async (call, cancellationToken) =>
            call.Screen.List((await call.Backend.ListMutesAsync(cancellationToken)).Mutes, MuteTable(call.Screen.Now), "Nothing is muted.")),
        new Verb("remove", "Ends a mute", "iot mutes remove maintenance").Takes(Name).Calls(around, async (call, cancellationToken) =>
        {
            await call.Backend.DeleteMuteAsync(call.Get(Name), cancellationToken);
            call.Screen.Did($"{call.Get(Name)} is gone.", new JsonObject { ["name"] = call.Get(Name), ["removed"] = true });
        })).OrElseTheFirst();

    private static async Task<int> TestAsync(Call call, CancellationToken cancellationToken)
    {
        var tested = await call.Backend.TestChannelAsync(call.Get(Name), cancellationToken);
        call.Screen.Did($"{(tested.Delivered ? "Taken" : "Not taken")}: {tested.Reason}", tested);
        return tested.Delivered ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Draw(Screen screen, Audience audience) => new Facts()
        .Add("Told", audience.Channels.Count == 0 ? "nobody" : Words.List(audience.Channels), audience.Channels.Count == 0 ? Shades.Attention : Shades.Good)
        .Add("Unwanted there", Words.List(audience.Unwanted))
        .Add("Escalation", audience.Escalation)
        .Add("Muted by", audience.Mute)
        .Add("Quiet hours", audience.QuietHours)
        .Add("Held until", Words.Time(audience.HeldUntil, screen.Now))
        .Add("Why", Words.List(audience.Why))
        .Draw(screen);

    private static Table<Mute> MuteTable(DateTimeOffset now) => new(
        new("MUTE", m => m.Name),
        new("UNTIL", m => m.Until is null ? "its hours end" : Words.Time(m.Until, now)),
        new("WHAT", m => Words.List([.. m.Matchers.DeviceIds ?? [], .. m.Matchers.Groups ?? [], .. m.Matchers.Kinds ?? []]), CutTo: 24),
        new("WHY", m => m.Reason ?? m.Comment ?? "-", CutTo: 24, Rank: 2),
        new("BY", m => m.Author ?? "-", Rank: 1));

    private static string Text(JsonObject channel, string name) => channel[name]?.ToString() ?? "-";

    private static string Names(JsonObject channel, string name) => channel[name] is JsonArray { Count: > 0 } all ? Words.List(all.Select(n => $"{n}")) : "all";
}
