using System.CommandLine;
using System.Text.Json;
using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary>Those of <c>iot devices ...</c> that keep devices where they are.</summary>
internal static class PinCommands
{
    private const string OnTrack = "track";

    private static readonly Argument<string[]> Ids = new("ID") { Description = "The devices", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string> Track = new("--track") { Description = "The track", HelpName = "TRACK", Required = true };
    private static readonly Option<string> OfTrack = new("--track") { Description = "Only of this track", HelpName = "TRACK" };
    private static readonly Option<string> Release = new("--release") { Description = "The release", HelpName = "RELEASE", Required = true };
    private static readonly Option<string> Why = new("--why") { Description = "For who asks later, and for the timeline", HelpName = "TEXT" };

    public static Verb[] Make(Surroundings around) =>
    [
        new Verb("pin", "Keeps devices at what they run, whatever comes on a track", "iot devices pin pump-07 --track sensor --why \"Demo for the customer\"").Takes(Ids, Track, Why, Shared.By)
            .Calls(around, (call, cancellationToken) => HoldAsync(call, call.Get(Track)!, null, cancellationToken)),
        new Verb("exclude", "Keeps devices out of one release; the next one they get", "iot devices exclude pump-07 --release RELEASE --why \"Its modem is old\"").Takes(Ids, Release, Why, Shared.By)
            .Calls(around, async (call, cancellationToken) =>
            {
                var release = await call.Backend.GetReleaseAsync(call.Get(Release)!, cancellationToken);
                return await HoldAsync(call, release.Track, release.Id, cancellationToken);
            }),
        new Verb("unpin", "Lets devices go that were pinned or excluded: they get what they missed", "iot devices unpin pump-07 --track sensor").Takes(Ids, Track, Why, Shared.By)
            .Calls(around, (call, cancellationToken) => call.EachAsync(call.Get(Ids), async id =>
                call.Screen.Did($"{id} gets what it missed on {call.Get(Track)}.", await call.Backend.LetDeviceGoAsync(call.Get(Track)!, id, call.By, call.Get(Why), cancellationToken: cancellationToken)))),
        new Verb("pinned", "Devices that are pinned or excluded, by whom and why", "iot devices pinned --track sensor").Takes(OfTrack).Calls(around, ListAsync),
    ];

    private static Task<int> HoldAsync(Call call, string track, string? release, CancellationToken cancellationToken) => call.EachAsync(call.Get(Ids), async id =>
    {
        var held = await call.Backend.HoldDeviceAsync(track, id, new() { Release = release, By = call.By, Why = call.Get(Why) }, cancellationToken: cancellationToken);
        if (!await IsKnownAsync(call, id, cancellationToken))
            call.Screen.Remark($"iot: no device {id} is registered; it is kept there as soon as it is.");
        call.Screen.Did(release is null ? $"{id} keeps what it runs, whatever comes on {track}." : $"{id} is kept out of {release}.", held);
    });

    private static async Task<bool> IsKnownAsync(Call call, string id, CancellationToken cancellationToken)
    {
        try
        {
            await call.Backend.GetDeviceAsync(id, cancellationToken);
            return true;
        }
        catch (CliException failed) when (failed.ExitCode == ExitCode.NotFound)
        {
            return false;
        }
    }

    private static async Task ListAsync(Call call, CancellationToken cancellationToken)
    {
        IEnumerable<string> tracks = call.Get(OfTrack) is { } one ? [one] : (await call.Backend.ListTracksAsync(cancellationToken)).Tracks.Select(track => track.Name ?? "");
        var held = new List<DeviceHold>();
        foreach (var track in tracks)
            held.AddRange((await call.Backend.ListHeldDevicesAsync(track, cancellationToken)).Held.Select(hold => hold with { Others = new() { [OnTrack] = JsonElement.Parse($"\"{track}\"") } }));
        call.Screen.List(held, Held(call.Screen.Now), "No device is pinned.");
    }

    private static Table<DeviceHold> Held(DateTimeOffset now) => new(
        new("DEVICE", h => h.Device),
        new("TRACK", h => h.Others![OnTrack].GetString()!),
        new("KEPT OUT OF", h => h.Release ?? "whatever comes"),
        new("BY", h => h.By),
        new("AGE", h => Words.Age(h.At, now), IsNumber: true),
        new("WHY", h => h.Why ?? "", CutTo: 24));
}
