using System.CommandLine;
using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary><c>iot alerts ...</c></summary>
internal static class AlertCommands
{
    private static readonly Argument<string> Id = new("ID") { Description = "The alert" };
    private static readonly Argument<string[]> Ids = new("ID") { Description = "The alerts", Arity = ArgumentArity.OneOrMore };
    private static readonly Argument<string> Text = new("TEXT") { Description = "What is to be said" };
    private static readonly Argument<string> Who = new("WHO") { Description = "Who looks after it; left out = nobody any more", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Argument<string> Name = new("NAME") { Description = "Of the mute" };

    private static readonly Option<string> State = Among(new("--state") { Description = "Only those in this state", HelpName = "STATE" }, "open", "acknowledged", "cleared");
    private static readonly Option<string> Kind = new("--kind") { Description = "Only of this kind: device.offline, battery.low ...", HelpName = "KIND" };
    private static readonly Option<string> Device = new("--device") { Description = "Only of this device", HelpName = "ID" };
    private static readonly Option<string> Group = new("--group") { Description = "Only of this group and its devices", HelpName = "GROUP" };
    private static readonly Option<string> Since = new("--since") { Description = "Only those raised since: 90m, 24h, 7d ago, or a time with its offset: 2026-12-01T02:00:00+01:00", HelpName = "TIME" };
    private static readonly Option<bool> Watch = new("--watch") { Description = "Goes on with what is raised, changes and clears, until Ctrl-C" };

    private static readonly Option<string> For = new("--for") { Description = "How long: 90m, 2h, 3d", HelpName = "TIME", Required = true };
    private static readonly Option<string[]> Devices = new("--device") { Description = "Of this device; may be repeated", HelpName = "ID" };
    private static readonly Option<string[]> Groups = new("--group") { Description = "Of this group; may be repeated", HelpName = "GROUP" };
    private static readonly Option<string[]> Kinds = new("--kind") { Description = "Of this kind; may be repeated", HelpName = "KIND" };
    private static readonly Option<bool> Critical = new("--critical") { Description = "Critical ones too" };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why", HelpName = "TEXT" };

    public static Verb Make(Surroundings around) => new Verb("alerts", "What needs somebody").Takes(
        new Verb("list", "Alerts, the newest first", "iot alerts list --state open", "iot alerts --group site-a --since 24h", "iot alerts --watch", "iot alerts --watch --json | jq -c 'select(.severity == \"critical\")'")
            .Takes(State, Kind, Device, Group, Since, Watch, Paging.Top, Paging.All).Calls(around, ListAsync),
        new Verb("show", "An alert in full: evidence, history, who was told", "iot alerts show ALERT").Takes(Id)
            .Calls(around, async (call, cancellationToken) => call.Screen.Show(await call.Backend.GetAlertAsync(call.Get(Id), cancellationToken), alert => AlertTables.Show(call.Screen, alert))),
        new Verb("ack", "Says that somebody has seen alerts; escalation ends", "iot alerts ack ALERT --by anna").Takes(Ids, Shared.By)
            .Calls(around, (call, cancellationToken) => call.EachAsync(call.Get(Ids), async id =>
                call.Screen.Did($"{id} is acknowledged.", await call.Backend.AcknowledgeAlertAsync(id, new() { By = call.By }, cancellationToken)))),
        new Verb("assign", "Says who looks after an alert", "iot alerts assign ALERT anna", "iot alerts assign ALERT").Takes(Id, Who, Shared.By).Calls(around, AssignAsync),
        new Verb("comment", "Adds a remark to an alert's history", "iot alerts comment ALERT \"Battery ordered\"").Takes(Id, Text, Shared.By)
            .Calls(around, async (call, cancellationToken) =>
                call.Screen.Did("The comment is added.", await call.Backend.CommentAlertAsync(call.Get(Id), new() { Text = call.Get(Text), By = call.By }, cancellationToken))),
        new Verb("mute", "Keeps alerts from the channels for a time; they are still listed", "iot alerts mute maintenance --group site-a --for 2h --reason \"New gateway\"")
            .Takes(Name, For, Devices, Groups, Kinds, Critical, Reason, Shared.By).Calls(around, MuteAsync)).OrElseTheFirst();

    private static async Task<int> ListAsync(Call call, CancellationToken cancellationToken)
    {
        DateTimeOffset? since = call.Get(Since) is { } text ? Durations.Since(text, call.Screen.Now) : null;
        Task<AlertPage> Read(long top, string? continuation) =>
            call.Backend.ListAlertsAsync(call.Get(State), call.Get(Kind), call.Get(Device), call.Get(Group), since, top, continuation, cancellationToken);
        if (call.Get(Watch))
            return await AlertWatch.RunAsync(call.Backend, call.Screen, call.Around.Time, alert => Wanted(call, alert, since), cancellationToken);
        var alerts = await Paging.ReadAsync(call, Read, page => (page.Alerts, page.Continuation));
        call.Screen.List(alerts, AlertTables.List(call.Screen.Now), "No alerts.");
        return ExitCode.Done;
    }

    private static bool Wanted(Call call, Alert alert, DateTimeOffset? since) =>
        (call.Get(State) is not { } state || state == alert.State)
        && (call.Get(Kind) is not { } kind || kind == alert.Kind)
        && (call.Get(Device) is not { } device || device == alert.DeviceId)
        && (call.Get(Group) is not { } group || group == alert.Group || alert.Groups?.Contains(group) == true)
        && !(alert.RaisedAt < since);

    private static async Task AssignAsync(Call call, CancellationToken cancellationToken)
    {
        var who = call.Parsed.GetValue(Who);
        call.Screen.Did(who is null ? "Nobody looks after it any more." : $"{who} looks after it.",
            await call.Backend.AssignAlertAsync(call.Get(Id), new() { Assignee = who, By = call.By }, cancellationToken));
    }

    private static async Task MuteAsync(Call call, CancellationToken cancellationToken)
    {
        var request = new MuteRequest
        {
            Matchers = new() { DeviceIds = call.Get(Devices), Groups = call.Get(Groups), Kinds = call.Get(Kinds) },
            Until = call.Screen.Now + Durations.Read(call.Get(For) ?? ""),
            IncludeCritical = call.Get(Critical),
            Reason = call.Get(Reason),
            Author = call.By,
        };
        if (request.Matchers is { DeviceIds: null or [], Groups: null or [], Kinds: null or [] })
            throw CliException.Usage("say what is to be quiet: --device, --group or --kind.");
        var mute = await call.Backend.PutMuteAsync(call.Get(Name), request, cancellationToken);
        call.Screen.Did($"{mute.Name} is quiet until {Words.Time(mute.Until, call.Screen.Now)}. iot mutes remove {mute.Name} ends it.", mute);
    }

    private static Option<string> Among(Option<string> option, params string[] values)
    {
        option.AcceptOnlyFromAmong(values);
        return option;
    }
}
