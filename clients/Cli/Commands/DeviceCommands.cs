using System.CommandLine;
using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary><c>iot devices ...</c></summary>
internal static class DeviceCommands
{
    private static readonly Argument<string> Id = new("ID") { Description = "The device" };
    private static readonly Argument<string[]> Ids = new("ID") { Description = "The devices", Arity = ArgumentArity.OneOrMore };

    private static readonly Argument<string[]> Filter = new("FILTER")
    {
        Description = "All must hold: status:offline model:M group:G platform:P label.NAME:V image:I id:PREFIX battery<20",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string> Model = new("--model") { Description = "Its type, as in /fleet/models", HelpName = "MODEL" };
    private static readonly Option<string> Platform = new("--platform") { Description = "Its CPU, as images name it: linux/arm64/v8", HelpName = "PLATFORM" };
    private static readonly Option<string[]> Groups = new("--group") { Description = "A group it is in; may be repeated", HelpName = "GROUP" };
    private static readonly Option<string> Interval = new("--interval") { Description = "How often it means to report, ISO 8601: PT1M; learned by default", HelpName = "DURATION" };
    private static readonly Option<string[]> Labels = new("--label") { Description = "A label, NAME=VALUE; may be repeated", HelpName = "NAME=VALUE" };

    public static Verb Make(Surroundings around) => new Verb("devices", "The fleet: what it is and how it is").Takes(
        new Verb("list", "Devices, by id", "iot devices list status:offline group:site-a", "iot devices list 'battery<20' --all --json | jq -r .[].deviceId")
            .Takes(Filter, Paging.Top, Paging.All).Calls(around, ListAsync),
        new Verb("show", "A device in full: battery, link, forecast, images, open alerts", "iot devices show pump-01").Takes(Id).Calls(around, ShowAsync),
        new Verb("register", "Registers a device, or changes its registration; a new one's keys are printed this once", "iot devices register pump-07 --model pump --group site-a --interval PT1M")
            .Takes(Id, Model, Platform, Groups, Interval, Labels).Calls(around, RegisterAsync),
        new Verb("disable", "Shuts devices out: nothing they send is taken any more", "iot devices disable pump-07").Takes(Ids)
            .Calls(around, (call, cancellationToken) => SwitchAsync(call, "disabled", id => call.Backend.DisableDeviceAsync(id, cancellationToken))),
        new Verb("enable", "Lets devices in again", "iot devices enable pump-07").Takes(Ids)
            .Calls(around, (call, cancellationToken) => SwitchAsync(call, "enabled", id => call.Backend.EnableDeviceAsync(id, cancellationToken))),
        new Verb("rotate", "Gives a device a new primary key, printed this once; the old one goes on as the secondary until the next time", "iot devices rotate pump-07 --yes").Takes(Id, Shared.Yes).Calls(around, RotateAsync))
        .Takes(PinCommands.Make(around)).OrElseTheFirst();

    private static async Task ListAsync(Call call, CancellationToken cancellationToken)
    {
        var filter = string.Join(' ', call.Parsed.GetValue(Filter) ?? []) is { Length: > 0 } terms ? terms : null;
        var devices = await Paging.ReadAsync(call, (top, continuation) => call.Backend.ListDevicesAsync(filter, top, continuation, cancellationToken: cancellationToken), page => (page.Devices, page.Continuation));
        call.Screen.List(devices, DeviceTables.List(call.Screen.Now), filter is null ? "No device is registered." : "No device matches.");
    }

    private static async Task ShowAsync(Call call, CancellationToken cancellationToken) =>
        call.Screen.Show(await call.Backend.GetDeviceAsync(call.Get(Id), cancellationToken), device => DeviceTables.Show(call.Screen, device));

    private static async Task RegisterAsync(Call call, CancellationToken cancellationToken)
    {
        var labels = (call.Get(Labels) ?? []).Select(label => label.Split('=', 2)).ToList();
        if (labels.Find(label => label.Length < 2) is { } odd)
            throw CliException.Usage($"--label takes NAME=VALUE; not {odd[0]}.");
        var request = new RegistrationRequest
        {
            Model = call.Get(Model),
            Platform = call.Get(Platform),
            Groups = call.Get(Groups) ?? [],
            ReportingInterval = call.Get(Interval),
            Labels = labels.GroupBy(label => label[0]).ToDictionary(same => same.Key, same => same.Last()[1]),
        };
        Keys(call, await call.Backend.PutDeviceAsync(call.Get(Id), request, cancellationToken), "is registered");
    }

    private static async Task RotateAsync(Call call, CancellationToken cancellationToken)
    {
        call.Confirm($"The secondary key of {call.Get(Id)} ends, its primary key becomes the secondary. Rotate?");
        Keys(call, await call.Backend.RotateDeviceKeysAsync(call.Get(Id), cancellationToken), "has a new primary key");
    }

    /// <summary>A device's own keys, which is what the command is for.</summary>
    private static void Keys(Call call, DeviceDocument device, string what) => call.Screen.Show(device, _ =>
    {
        call.Screen.Line($"{device.DeviceId} {what}.{(device.PrimaryKey is null ? "" : " Its keys are shown this once:")}");
        new Facts().Add("Primary key", device.PrimaryKey).Add("Secondary key", device.SecondaryKey).Draw(call.Screen);
    });

    private static Task<int> SwitchAsync(Call call, string state, Func<string, Task<DeviceDocument>> change) =>
        call.EachAsync(call.Get(Ids), async id => call.Screen.Did($"{id} is {state}.", await change(id)));
}
