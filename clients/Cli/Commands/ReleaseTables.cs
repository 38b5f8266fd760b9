using IoTBackend.Cli.Api;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary>Releases as people read them.</summary>
internal static class ReleaseTables
{
    private static readonly Table<GateVerdict> Gates = new(
        new("GATE", g => g.Gate),
        new("VERDICT", g => g.Verdict, g => Shades.Of(g.Verdict)),
        new("WHY", g => g.Reason));

    private static readonly Table<PlatformImage> Platforms = new(
        new("PLATFORM", p => p.Platform),
        new("SIZE", p => Words.Bytes(p.SizeBytes), IsNumber: true),
        new("DIGEST", p => p.Digest, Rank: 1));

    private static readonly Table<DeviceProgress> Progress = new(
        new("DEVICE", d => d.DeviceId),
        new("STATE", d => d.State, d => Shades.Of(d.State)),
        new("SINCE", d => d.At is { } at ? $"{at.UtcDateTime:yyyy-MM-dd HH:mm} UTC" : "-", Rank: 1),
        new("WHY", d => d.Reason ?? d.Code ?? "", CutTo: 24));

    private static readonly Table<PlatformShare> Shares = new(
        new("PLATFORM", p => p.Platform),
        new("DEVICES", p => Words.Count(p.Devices), IsNumber: true),
        new("DOWNLOAD", p => Words.Bytes(p.Bytes), IsNumber: true),
        new("AFTER WHAT RUNS", p => Words.Bytes(p.BytesAfterCurrent), IsNumber: true));

    private static readonly Table<Exclusion> Exclusions = Devices("LEFT OUT");
    private static readonly Table<Exclusion> Waiting = Devices("WOULD WAIT");

    private static Table<Exclusion> Devices(string what) => new(
        new(what, e => Words.Count(e.Devices), IsNumber: true),
        new("WHY", e => e.Reason),
        new("DEVICES", e => Words.List(e.Names), CutTo: 24));

    public static Table<ReleaseDocument> List(DateTimeOffset now) => new(
        new("RELEASE", r => r.Id),
        new("TRACK", r => r.Track),
        new("TAG", r => r.Tag),
        new("STATE", State, r => Shades.Of(State(r))),
        new("AGE", r => Words.Age(r.FirstSeenAt, now), IsNumber: true),
        new("DIGEST", r => Words.Digest(r.Digest), Rank: 2),
        new("WAITS FOR", r => Words.List(r.Gates.Where(g => g.Verdict is "held" or "waiting").Select(g => $"{g.Gate}: {g.Reason}")), Rank: 1, CutTo: 24));

    /// <summary>The track's release does what its rollout does, until that is done.</summary>
    public static string State(ReleaseDocument release) => release.Rollout is null or "done" ? release.State : release.Rollout;

    public static void Show(Screen screen, ReleaseDocument release)
    {
        var now = screen.Now;
        new Facts()
            .Add("Release", release.Id)
            .Add("Version", release.Version)
            .Add("Track", release.Track)
            .Add("State", State(release), Shades.Of(State(release)))
            .Add("Image", release.Image)
            .Add("Tags", Words.List(release.Tags))
            .Add("Digest", release.Digest)
            .Add("First seen", Words.Time(release.FirstSeenAt, now))
            .Add("Active", Words.Time(release.ActivatedAt, now))
            .Add("Offered", Words.Time(release.OfferedAt, now))
            .Add("Source gone", Words.Time(release.SourceGoneAt, now), Shades.Attention)
            .Add("Unusable", Words.List(release.Unusable), Shades.Attention)
            .Add("Contradictions", Words.List(release.Contradictions), Shades.Bad)
            .Draw(screen);
        screen.Heading("Gates");
        Gates.Draw(screen, release.Gates);
        foreach (var approval in release.Approvals)
            screen.Line($"approved by {approval.By}, {Words.Time(approval.At, now)}{(approval.Note is null ? "" : $": {approval.Note}")}");
        foreach (var passed in release.Overrides)
            screen.Line($"{passed.Gate} overridden by {passed.By}, {Words.Time(passed.At, now)}: {passed.Reason}");
        screen.Heading("Platforms");
        Platforms.Draw(screen, release.Platforms);
    }

    public static void Devices(Screen screen, ReleaseDevices devices)
    {
        screen.Line(Words.List(devices.Counts.Where(count => count.Value > 0).Select(count => $"{Words.Count(count.Value)} {count.Key}")));
        if (devices.Devices.Count == 0)
            return;
        screen.Line();
        Progress.Draw(screen, devices.Devices);
    }

    private static Table<WaveForecast> Waves(DateTimeOffset now) => new(
        new("WAVE", w => $"{w.Wave}", IsNumber: true),
        new("DEVICES", w => Words.Count(w.Devices), IsNumber: true),
        new("BEGINS", w => Words.Time(w.Begins, now)),
        new("THROUGH", w => Words.Time(w.Ends, now)));

    public static void DryRun(Screen screen, DryRunAnswer answer)
    {
        new Facts()
            .Add("Release", answer.Release)
            .Add("Stands in the way", answer.StandsInTheWay.Count == 0 ? "nothing" : Words.List(answer.StandsInTheWay), answer.StandsInTheWay.Count == 0 ? Shades.Good : Shades.Bad)
            .Add("Not before", Words.Time(answer.NotBefore, screen.Now))
            .Add("Devices", Words.Count(answer.Devices))
            .Add("Download", $"{Words.Bytes(answer.Bytes)}, {Words.Bytes(answer.BytesAfterCurrent)} after what runs now")
            .Draw(screen);
        if (answer.Platforms.Count > 0)
        {
            screen.Line();
            Shares.Draw(screen, answer.Platforms);
        }

        if (answer.Excluded.Count > 0)
        {
            screen.Line();
            Exclusions.Draw(screen, answer.Excluded);
        }

        if (answer.Rollout is not { } plan)
            return;
        screen.Line();
        Waves(screen.Now).Draw(screen, plan.Waves);
        if (plan.Waiting.Count > 0)
        {
            screen.Line();
            Waiting.Draw(screen, plan.Waiting);
        }
    }
}
