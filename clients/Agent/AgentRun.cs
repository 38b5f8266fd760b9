using IoTBackend.Agent.Backend;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Host;
using IoTBackend.Agent.Telemetry;
using IoTBackend.Agent.Trust;
using IoTBackend.Agent.Updates;

namespace IoTBackend.Agent;

/// <summary>Puts the agent together and lets it run.</summary>
internal static class AgentRun
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);

    /// <summary>Room for an update of all workloads there may be; then, whatever a server wants and under whatever names, twenty an hour.</summary>
    private const int MostTriedAtOnce = 60;
    private static readonly TimeSpan TryAnother = TimeSpan.FromMinutes(3);

    /// <summary>Until it is cancelled. The containers go on.</summary>
    /// <exception cref="EnrolmentRefusedException">The device has no key and gets none.</exception>
    /// <exception cref="IOException">The state's folder or the key cannot be used.</exception>
    public static async Task RunAsync(AgentConfiguration configuration, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(configuration.StateDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // Two agents on one state would undo each other's work.
        using var only = new FileStream(Path.Combine(configuration.StateDirectory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var pins = new Pins(Path.Combine(configuration.StateDirectory, "pins.json"), configuration.Signatures);
        using var http = Connection.Open(configuration.CaFile);
        http.BaseAddress = new(configuration.Server + "/");
        var identity = await new Enrolment(configuration, http, pins, Pauses(), time, say).RunAsync(cancellationToken);

        var clock = new ServerClock(time);
        var backend = new BackendClient(http, identity.DeviceId, new(identity.HostName, identity.DeviceId, DeviceKey.Read(configuration.KeyFile), clock), clock);
        using var engine = new DockerEngine(configuration.Engine, identity.DeviceId);
        var state = StateFile.Open(Path.Combine(configuration.StateDirectory, "state.json"), say);
        var newest = configuration.Signatures.NewerOnly ? new NewestImages(Path.Combine(configuration.StateDirectory, "newest.json")) : null;
        using var registries = Connection.Open(configuration.CaFile);
        var trust = new ImageTrust(configuration, pins, new(new(registries, host => ImageTrust.UserAndPassword(configuration, host))), newest, time);

        var reports = new ReportSender(state, backend, Pauses(), time, say);
        using var buffer = new DiskBuffer(Path.Combine(configuration.StateDirectory, "telemetry"), configuration.Telemetry.BufferMegabytes * 1_048_576L);
        var memory = new Memory(time);
        var pace = new Pace(MostTriedAtOnce, TryAnother, time);
        DesiredPoll? poll = null;
        var telemetry = new TelemetryLoop(
            configuration.Telemetry, buffer, new(configuration.Telemetry.BatteryCommand), new(configuration.Telemetry.LinkCommand), engine, backend, clock, Pauses(), time, say, version => poll!.Heard(version));
        var workloads = new Workloads(state, track => new(track, configuration.Workload(track), identity.DeviceId, state, engine, trust, pace, time, say, () =>
        {
            reports.Wake();
            telemetry.Wake();
            memory.Used();
        }));
        poll = new(backend, new(state, pins, say, reports.Wake), configuration.LongPoll, Pauses(), time, say, () => workloads.Start(cancellationToken));

        say($"{identity.DeviceId} at {configuration.Server}, engine {configuration.Engine}");
        await await Task.WhenAny(
            UpdateAsync(), telemetry.RunAsync(cancellationToken), reports.RunAsync(cancellationToken), memory.KeepSmallAsync(cancellationToken));

        // A device whose engine is gone has something to tell all the same.
        async Task UpdateAsync()
        {
            await AdoptAsync(state, engine, time, say, cancellationToken);
            workloads.Start(cancellationToken);
            await await Task.WhenAny(poll.RunAsync(cancellationToken), workloads.WatchAsync(time, cancellationToken));
        }
    }

    /// <summary>Waits for the engine: at boot the agent is often there first.</summary>
    private static async Task AdoptAsync(StateFile state, DockerEngine engine, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        for (var pauses = Pauses(TimeSpan.FromSeconds(30)); ;)
        {
            try
            {
                state.Adopt(await engine.ListAsync(null, cancellationToken));
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                var pause = pauses.Failed();
                say($"{Fault.Of(e)}; trying again in {pause.TotalSeconds:0} s");
                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }

    private static Backoff Pauses(TimeSpan? longest = null) => new(FirstPause, longest ?? LongestPause, Random.Shared.NextDouble);
}
