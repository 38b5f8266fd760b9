using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Host;
using IoTBackend.Agent.Trust;
using IoTBackend.Agent.Updates;
using Microsoft.Extensions.Time.Testing;

namespace Agent.Tests.Updates;

/// <summary>A device with one track, whose agent is started again whenever it dies.</summary>
internal sealed class Device : IDisposable, IImageTrust
{
    public const string Track = "sensor";

    public const int MostTried = 10;

    public static readonly TimeSpan TryAnother = TimeSpan.FromMinutes(3);

    /// <summary>In memory where there is such a place: thousands of updates flush every step.</summary>
    private readonly DirectoryInfo _folder = Directory.Exists("/dev/shm") ? Directory.CreateDirectory($"/dev/shm/agent-{Guid.NewGuid():N}") : Directory.CreateTempSubdirectory("agent");
    private readonly FakeTimeProvider _time = new();
    private readonly Pace _pace;
    private readonly WorkloadConfiguration _workload;

    /// <param name="change">The workload's configuration, from the default.</param>
    public Device(Strategy strategy, Func<string, Health> healthOf, Func<WorkloadConfiguration, WorkloadConfiguration>? change = null)
    {
        _workload = new() { Strategy = strategy };
        _workload = change?.Invoke(_workload) ?? _workload;
        Engine = new(healthOf);
        _pace = new(MostTried, TryAnother, _time);
    }

    public ModelEngine Engine { get; }

    public bool NewerOnly { get; set; }

    /// <summary>Of the workload's part of the file, when an agent is started.</summary>
    public Func<string?> Fault { get; init; } = () => null;

    public List<string> Told { get; } = [];

    /// <summary>Of all reports.</summary>
    public HashSet<string> Reasons { get; } = [];

    /// <summary>What telemetry would name that is sent when the agent last said that there is something new.</summary>
    public IReadOnlyList<string> RunningWhenTold { get; private set; } = [];

    public StateFile State => StateFile.Open(Path.Combine(_folder.FullName, "state.json"), _ => { });

    public WorkloadRecord Record => State.Read(Track);

    public static Installation Image(char name) => new($"registry.example.com/fleet/sensor@sha256:{new string(name, 64)}", $"sensor~{name}", $"{name}");

    public void Want(Installation? wanted) => State.Change(Track, record => record.Want(wanted));

    /// <summary>Lets the agent run, with lives as many as it takes, until it has nothing to do.</summary>
    public async Task SettleAsync()
    {
        for (var lives = 0; lives < 100; lives++)
        {
            var state = State;
            using var life = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            Engine.Dies = life.Cancel;
            var runner = Runner(state);
            try
            {
                for (var passes = 0; passes < 1000; passes++)
                {
                    var rest = await runner.PassAsync(life.Token);
                    if (rest >= TimeSpan.FromSeconds(10) && state.Read(Track).Trial is null)
                        return;
                    _time.Advance(rest);
                }

                Assert.Fail("It does not come to rest.");
            }
            catch (ModelEngine.DeathException)
            {
                // As after a power cut: the next one knows what is on the disk.
            }
        }

        Assert.Fail("It has died too often.");
    }

    /// <summary>So many of its steps, by one agent.</summary>
    public async Task PassAsync(int passes)
    {
        var runner = Runner(State);
        for (var pass = 0; pass < passes; pass++)
            _time.Advance(await runner.PassAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>One agent, for so long.</summary>
    /// <param name="meanwhile">Before each of its steps.</param>
    public async Task PassAsync(TimeSpan life, Action<StateFile>? meanwhile = null)
    {
        var state = State;
        var runner = Runner(state);
        for (var left = life; left > TimeSpan.Zero;)
        {
            meanwhile?.Invoke(state);
            var rest = await runner.PassAsync(TestContext.Current.CancellationToken);
            _time.Advance(rest);
            left -= rest;
        }
    }

    /// <summary>Since it began.</summary>
    public TimeSpan Now => _time.GetUtcNow() - _time.Start;

    public void Advance(TimeSpan time) => _time.Advance(time);

    /// <summary>An agent that runs by itself until it is stopped.</summary>
    public async Task LiveAsync(Func<StateFile, WorkloadRunner, Task> life)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var state = State;
        var runner = Runner(state);
        var running = runner.RunAsync(stop.Token);
        await life(state, runner);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    /// <summary>Lets time pass, in steps of ten seconds, until it is so.</summary>
    public async Task UntilAsync(Func<bool> holds)
    {
        for (var looks = 0; !holds(); looks++)
        {
            Assert.InRange(looks, 0, 10_000);
            _time.Advance(TimeSpan.FromSeconds(10));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private WorkloadRunner Runner(StateFile state) => new(Track, _workload with { Fault = Fault() }, "device", state, Engine, this, _pace, _time, Told.Add, () =>
    {
        RunningWhenTold = [.. Engine.Running];
        if (state.Read(Track).Report?.Reason is { } reason)
            Reasons.Add(reason);
    });

    public string? Refusal(string track, ImageName image) => null;

    public Task<string?> CheckSignatureAsync(string track, ImageName image, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public string? CredentialFor(string registry) => null;

    /// <summary>As an agent reads it when it is started.</summary>
    public NewestImages? Newest => NewerOnly ? new(Path.Combine(_folder.FullName, "newest.json")) : null;

    public void Dispose() => _folder.Delete(recursive: true);
}
