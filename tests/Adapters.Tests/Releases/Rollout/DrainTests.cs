using System.Text.Json;
using Azure.Storage.Queues;
using IoTBackend.Adapters.Alerts.Episodes;
using IoTBackend.Adapters.Releases;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Ingest;
using IoTBackend.Core.Readings;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Desired;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Releases.Rollout;
using IoTBackend.Core.Signals;
using IoTBackend.Functions.Alerts;
using IoTBackend.Functions.Archive;
using IoTBackend.Functions.Changes;
using IoTBackend.Functions.Devices;
using IoTBackend.Functions.Ingest;
using IoTBackend.Functions.Releases;
using IoTBackend.Functions.State;
using Local.Tests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Adapters.Tests.Releases.Rollout;

/// <summary>
/// The app's own parts, put together as its program does, over a real store. A drain is judged by when readings arrive and when a device was told, both by the backend's clock, and over
/// half a day at least: what a running stack cannot show in a minute is shown here with days that pass at once.
/// </summary>
public sealed class DrainTests(StorageAccount storage) : IClassFixture<StorageAccount>, IAsyncLifetime
{
    private const int Devices = 60;
    private const int FirstWave = 15;
    private const double PercentADay = 2;

    private static readonly TimeSpan Interval = TimeSpan.FromHours(3);
    private static readonly Track Track = new()
    {
        Name = "sensor",
        Registry = "r.example.com",
        Repository = "fleet/sensor",
        Targets = new() { Groups = ["all"] },
        Rollout = new() { WaveDevices = [FirstWave], Waves = [100], Soak = TimeSpan.FromHours(1) },
    };

    private readonly FakeTimeProvider _time = new(new(2026, 11, 1, 0, 30, 0, TimeSpan.Zero));
    private readonly Random _random = new(7);
    private readonly double[] _charge = new double[Devices];
    private ServiceProvider _app = null!;
    private long _sent;

    [Fact]
    public async Task An_image_that_drains_a_quarter_faster_is_stopped_in_its_first_wave_and_its_interval_is_told()
    {
        for (var i = 0; i < Devices; i++)
            await Get<DeviceRegistration>().PutAsync(Id(i), new() { Platform = "linux/arm64", Groups = ["all"], ReportingInterval = Interval }, default);
        await LiveAsync(days: 6, () => false);
        var release = await ReleaseAsync();
        await LiveAsync(days: 9, () => Rollout(release)?.State is RolloutState.Stopped or RolloutState.Paused or RolloutState.Done);

        var stopped = Rollout(release)!;
        Assert.Equal((RolloutState.Stopped, 0, FirstWave, Devices - FirstWave), (stopped.State, stopped.Wave, stopped.Counts.Of(UpdateStep.Done), stopped.Counts.Of(UpdateStep.Waiting)));
        var drain = stopped.Finding!.Criteria.Single(c => c.Criterion == "drain");
        Assert.InRange(0.25, drain.Low ?? 1, drain.High ?? 0);
        var told = await AlertsAsync();
        Assert.Contains("between", told.Single(a => a.Kind == AlertKind.ReleasePaused).Summary, StringComparison.Ordinal);
        Assert.Equal(["scheduled", "begun", "stopped"], told.Where(a => a is { Kind: AlertKind.ReleaseStep, Change: AlertChange.Opened }).Select(a => a.Evidence["step"].ToString()));
    }

    public async ValueTask InitializeAsync()
    {
        for (var i = 0; i < Devices; i++)
            _charge[i] = 70 + 30 * _random.NextDouble();
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            [StorageClients.Connection] = storage.ConnectionString,
            ["Devices:MasterKey"] = Convert.ToBase64String(new byte[32]),
            ["DeviceStates:ShardCount"] = "1",
        }).Build();
        _app = new ServiceCollection().AddSingleton<IConfiguration>(settings).AddSingleton<TimeProvider>(_time).AddMetrics().AddLogging().AddStorageClients(settings)
            .AddSingleton<ChangeFeed>().AddChanges().AddDevices(settings).AddAlerts(settings).AddIngest(settings).AddState().AddArchive().AddReleases(settings).BuildServiceProvider();
        await ActivatorUtilities.CreateInstance<CreateTables>(_app).StartAsync(default);
        await ActivatorUtilities.CreateInstance<CreateQueues>(_app).StartAsync(default);
        await Get<ReleaseQueues>().StartAsync(default);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static string Id(int i) => $"drain-{i:d2}";

    private T Get<T>()
        where T : notnull => _app.GetRequiredService<T>();

    private StagedRollout? Rollout(string release) => Get<IRolloutStore>().FindAsync(release, default).GetAwaiter().GetResult()?.Value;

    /// <summary>Every device reports once an interval and runs what it is told; then the rollouts have their turn.</summary>
    private async Task LiveAsync(double days, Func<bool> until)
    {
        for (var end = _time.GetUtcNow().AddDays(days); _time.GetUtcNow() < end && !until();)
        {
            _time.Advance(Interval);
            var events = new List<HubEvent>();
            var desired = await Get<IDesiredStates>().ListAsync(default).ToDictionaryAsync(d => d.Key, d => d.Value.Of(Track.Name)?.Image.Split('@')[1]);
            for (var i = 0; i < Devices; i++)
            {
                var told = desired.GetValueOrDefault(Id(i));
                _charge[i] -= PercentADay * (told is null ? 1 : 1.25) * Interval.TotalDays * (0.5 + _random.NextDouble());
                events.Add(new()
                {
                    SequenceNumber = ++_sent,
                    EnqueuedAt = _time.GetUtcNow(),
                    Publisher = Id(i),
                    ContentType = "application/json",
                    Body = JsonSerializer.SerializeToUtf8Bytes(new
                    {
                        battery = new { percent = Math.Round(_charge[i] + 0.4 * _random.NextDouble(), 1) },
                        image = new { track = Track.Name, digest = told ?? $"sha256:{new string('0', 64)}" },
                    }),
                });
            }

            await Get<ApplyTelemetry>().RunAsync(0, events, default);
            await Get<RunRollout>().RunAsync(default);
        }
    }

    /// <summary>One that has passed its gates.</summary>
    private async Task<string> ReleaseAsync()
    {
        var digest = $"sha256:{new string('1', 64)}";
        var release = new Release
        {
            Id = Release.IdOf(Track.Name, digest),
            Track = Track.Name,
            Registry = Track.Registry,
            Repository = Track.Repository,
            Digest = digest,
            MediaType = MediaTypes.OciIndex,
            Tag = "1.0.0",
            Tags = ["1.0.0"],
            FirstSeenAt = _time.GetUtcNow(),
            ActivatedAt = _time.GetUtcNow(),
            Platforms = [new("linux/arm64", $"sha256:{new string('2', 64)}", 1_000_000)],
        };
        await Get<ITracks>().SaveAsync(Track, default);
        await Get<IReleases>().TrySaveAsync(release, null, default);
        await Get<ITracks>().TrySetCurrentAsync(Track.Name, release.Id, null, default);
        await Get<MakeOffers>().RunAsync(Track.Name, default);
        return release.Id;
    }

    private async Task<IReadOnlyList<AlertTransition>> AlertsAsync()
    {
        var (queue, all) = (Get<QueueServiceClient>().GetQueueClient(QueueNames.Alerts), new List<AlertTransition>());
        while ((await queue.ReceiveMessagesAsync(32)).Value is { Length: > 0 } messages)
            all.AddRange(messages.Select(message => AlertMessage.Read<AlertTransition>(message.Body)));
        return all;
    }
}
