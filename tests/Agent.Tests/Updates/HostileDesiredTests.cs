using System.Text.Json;
using CsCheck;
using IoTBackend.Agent.Backend;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Host;
using IoTBackend.Agent.Trust;
using IoTBackend.Agent.Updates;
using Microsoft.Extensions.Time.Testing;

namespace Agent.Tests.Updates;

/// <summary>Desired states of a server that is in other hands, or broken: nothing the agent writes is such that it could not start again, and nothing stops it.</summary>
public sealed class HostileDesiredTests : IDisposable
{
    private static readonly string?[] Odd = [null, "a", "sensor", Device.Image('a').Image, new string('<', 512), "x\ny", "a\ud800", $"../a@sha256:{new string('a', 64)}"];

    private static readonly Gen<string?> Text = Gen.OneOf<string?>(
        Gen.String[0, 20].Select(s => (string?)s), Gen.Char['!', '~'].Array[1, 300].Select(c => (string?)new string(c)), Gen.Int[0, Odd.Length - 1].Select(i => Odd[i]));

    private static readonly Gen<DesiredWorkload?> Workload =
        Gen.Select(Text, Text, Text, Text, Gen.Int[-2, 3], (track, image, tag, release, attempt) =>
            attempt < -1 ? null : new DesiredWorkload(track, image, tag, release, attempt < 0 ? null : attempt, null));

    private readonly DirectoryInfo _folder = Directory.Exists("/dev/shm") ? Directory.CreateDirectory($"/dev/shm/agent-{Guid.NewGuid():N}") : Directory.CreateTempSubdirectory("agent");
    private readonly FakeTimeProvider _time = new();
    private readonly Pace _pace = new(int.MaxValue, TimeSpan.FromMinutes(1), TimeProvider.System);
    private readonly ModelEngine _engine = new(_ => Health.Healthy);
    private readonly List<string> _said = [];

    [Fact]
    public void Whatever_its_names_are_the_agent_goes_on_and_reads_back_what_it_wrote() => Workload.List[0, 5].Sample(workloads =>
    {
        var state = Open();
        Desired(state).Apply(new(1, workloads!));
        foreach (var track in state.Tracks)
            PassesAsync(state, track, 3).GetAwaiter().GetResult();
        Assert.Equal(state.Tracks.Order(), Open().Tracks.Order());
        Assert.All(state.Tracks, track => Assert.Equal(state.Read(track).Trial, Open().Read(track).Trial));
        return !_said.Exists(line => line.Contains("Exception", StringComparison.Ordinal));
    }, iter: 200, threads: 1);

    [Fact]
    public async Task An_image_of_one_letter_is_refused_with_the_reason()
    {
        var state = Open();
        Desired(state).Apply(new(5, [new("a", "x", null, "r", null, null)]));
        await PassesAsync(state, "a", 3);
        Assert.Equal("this is no image pinned by digest", state.Read("a").Report?.Reason);
    }

    [Fact]
    public void A_rule_of_a_megabyte_is_not_pinned_and_the_agent_starts_again()
    {
        using var rule = JsonDocument.Parse($$"""{"roots":["{{new string('<', 900_000)}}"]}""");
        Desired(Open()).Apply(new(1, [new("x1", Device.Image('a').Image, null, "r", null, rule.RootElement)]));
        Assert.Null(new Pins(Path.Combine(_folder.FullName, "pins.json"), new()).Find("x1"));
        Assert.False(Open().Has("x1"));
    }

    [Fact]
    public async Task New_tracks_without_end_leave_nothing_behind()
    {
        var state = Open();
        for (var version = 1; version <= 40; version++)
        {
            var workloads = Enumerable.Range(0, 50).Select(i => new DesiredWorkload($"x{version}-{i}", "no-image", null, "r", null, null)).ToList();
            Record.Exception(() => Desired(state).Apply(new(version, workloads)));
            Assert.InRange(state.Tracks.Count, 1, 100);
            foreach (var track in state.Tracks)
                await PassesAsync(state, track, version % 3);
        }

        Desired(state).Apply(new(41, []));
        foreach (var track in state.Tracks)
        {
            state.Change(track, r => r with { Report = null });
            await PassesAsync(state, track, 1);
        }

        Assert.Empty(Open().Tracks);
    }

    [Fact]
    public void What_runs_goes_on_where_its_workload_cannot_be_read_and_beyond_fifty()
    {
        var state = Open();
        state.Change("sensor", r => r with { Current = Device.Image('a') });
        state.Change("z", r => r with { Current = Device.Image('b') });
        var many = Enumerable.Range(0, 60).Select(i => new DesiredWorkload($"x{i}", "no-image", null, "r", null, null));
        Desired(state).Apply(new(1, [new("sensor", null, null, null, null, null), .. many, new("z", Device.Image('b').Image, null, "r", null, null)]));
        Assert.Equal((Device.Image('a'), Device.Image('b')), (state.Read("sensor").Current, state.Read("z").Current));
    }

    [Fact]
    public async Task One_tracks_trouble_is_not_the_others_and_a_track_that_is_over_has_no_runner()
    {
        var state = Open();
        var workloads = new Workloads(state, track => new(track, new(), "device", state, _engine, new Trust(), new(100, TimeSpan.FromMinutes(1), TimeProvider.System), TimeProvider.System, _ => { }, () => { }));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        foreach (var track in new[] { "broken", "sensor" })
            state.Change(track, r => r.Want(Device.Image('a')));
        workloads.Start(stop.Token);
        var watch = workloads.WatchAsync(TimeProvider.System, stop.Token);
        await UntilAsync(() => state.Read("sensor").Current is not null);
        Assert.Equal((2, false), (workloads.Count, watch.IsCompleted));
        foreach (var track in state.Tracks)
            state.Change(track, r => r.Want(null) with { Report = null });
        await UntilAsync(() =>
        {
            workloads.Start(stop.Token);
            return workloads.Count == 0;
        });
        Assert.Empty(_engine.Containers);
        state.Change("sensor", r => r.Want(Device.Image('b')));
        workloads.Start(stop.Token);
        await UntilAsync(() => state.Read("sensor").Current is not null);
        Assert.False(watch.IsCompleted);
        await stop.CancelAsync();
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    private StateFile Open() => StateFile.Open(Path.Combine(_folder.FullName, "state.json"), _ => { });

    private DesiredWorkloads Desired(StateFile state) => new(state, new(Path.Combine(_folder.FullName, "pins.json"), new()), _said.Add, () => { });

    private async Task PassesAsync(StateFile state, string track, int passes)
    {
        var runner = new WorkloadRunner(track, new(), "device", state, _engine, new Trust(), _pace, _time, _said.Add, () => { });
        for (var i = 0; i < passes; i++)
            await runner.PassAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Trust : IImageTrust
    {
        public string? Refusal(string track, ImageName image) => track == "broken" ? throw new NotSupportedException("a bug") : null;

        public Task<string?> CheckSignatureAsync(string track, ImageName image, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

        public string? CredentialFor(string registry) => null;

        public NewestImages? Newest => null;
    }
}
