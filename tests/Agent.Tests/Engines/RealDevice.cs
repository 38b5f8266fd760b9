using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Engine;
using IoTBackend.Agent.Trust;
using IoTBackend.Agent.Updates;

namespace Agent.Tests.Engines;

/// <summary>A device on a real engine, whose agent is told what to run by the test.</summary>
internal sealed class RealDevice : IAsyncDisposable
{
    public const string Track = "sensor";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent");
    private readonly EngineFixture _fixture;
    private readonly string _registry;
    private readonly CancellationTokenSource _stop = new();
    private readonly WorkloadRunner _runner;
    private readonly HttpClient _http = new();
    private readonly StateFile _state;
    private Task? _running;

    /// <param name="change">The workload's configuration, from one that judges fast.</param>
    /// <param name="socket">Of another engine than the shared one.</param>
    /// <param name="registry">What leads to the registry, instead of itself.</param>
    public RealDevice(
        EngineFixture fixture, string kind, Func<WorkloadConfiguration, WorkloadConfiguration>? change = null, SignatureConfiguration? signatures = null, string? socket = null,
        string? registry = null, TimeProvider? time = null)
    {
        _fixture = fixture;
        _registry = registry ?? fixture.Registry!.Host;
        time ??= TimeProvider.System;
        Engine = new(socket ?? fixture.Engine(kind).Socket, Id);
        _state = StateFile.Open(Path.Combine(_folder.FullName, "state.json"), _ => { });
        Workload = new() { Settle = TimeSpan.FromSeconds(1), StopWithin = TimeSpan.FromSeconds(1), Options = new() { Network = "none" } };
        Workload = change?.Invoke(Workload) ?? Workload;
        var configuration = new AgentConfiguration { Server = "http://127.0.0.1", Registries = [_registry], Signatures = signatures ?? new() };
        var trust = new ImageTrust(configuration, new(Path.Combine(_folder.FullName, "pins.json"), configuration.Signatures), new(new(_http, _ => null)),
            configuration.Signatures.NewerOnly ? new NewestImages(Path.Combine(_folder.FullName, "newest.json")) : null, time);
        _runner = new(Track, Workload, Id, _state, Engine, trust, new(100, TimeSpan.FromMinutes(1), time), time, Log.Add, () => Reports.Enqueue(_state.Read(Track).Report));
    }

    public string Id { get; } = $"device-{Guid.NewGuid():N}";

    public DockerEngine Engine { get; }

    public WorkloadConfiguration Workload { get; }

    public List<string> Log { get; } = [];

    public System.Collections.Concurrent.ConcurrentQueue<Report?> Reports { get; } = new();

    public string Folder => _folder.FullName;

    public WorkloadRecord Record => _state.Read(Track);

    public IEnumerable<string> States => Reports.OfType<Report>().Select(r => r.State).Distinct();

    private string Image(string name) => _fixture.Image(name).Replace(_fixture.Registry!.Host, _registry, StringComparison.Ordinal);

    /// <summary>Wants an image and lets the agent run until it has decided.</summary>
    public async Task<Report> WantAsync(string name)
    {
        Want(name);
        await UntilAsync(() => Task.FromResult(Record.Trial is null), $"a decision about {name}");
        return Record.Report!;
    }

    public void Want(string name)
    {
        _state.Change(Track, r => r.Want(new(Image(name), $"sensor~{name}", name)));
        _running ??= Task.Run(() => _runner.RunAsync(_stop.Token));
        _runner.Wake();
    }

    /// <summary>Waits until nothing but these runs.</summary>
    public Task RunsAsync(params string[] names) => UntilAsync(async () =>
    {
        var running = (await Engine.ListAsync(null, CancellationToken.None)).Where(c => c.Running).Select(c => c.Image).Order();
        return running.SequenceEqual(names.Select(Image).Order());
    }, $"just {string.Join(", ", names)} running");

    public async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var tries = 0; tries < 3000; tries++)
        {
            if (_running is { IsFaulted: true })
                await _running;
            try
            {
                if (await condition())
                    return;
            }
            catch (EngineUnavailableException)
            {
                // The test restarts it.
            }

            await Task.Delay(100);
        }

        Assert.Fail($"Waited five minutes for {what}; {string.Join(" | ", Log)}");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_running is not null)
            await Task.WhenAny(_running);
        foreach (var container in await Engine.ListAsync(null, CancellationToken.None))
            await Engine.RemoveAsync(container.Id, CancellationToken.None);
        Engine.Dispose();
        _http.Dispose();
        _stop.Dispose();
        _folder.Delete(recursive: true);
    }
}
