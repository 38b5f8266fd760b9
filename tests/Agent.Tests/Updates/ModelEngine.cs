using IoTBackend.Agent.Engine;
using IoTBackend.Core.Devices;

namespace Agent.Tests.Updates;

/// <summary>
/// An engine as a table of containers, which can be told at which of its calls the agent dies, before the call is carried out or after. Engines that
/// are real are in <see cref="Engines.UpdateTests"/>; no real one can be made to die with the agent at every single step.
/// </summary>
internal sealed class ModelEngine(Func<string, Health> healthOf) : IContainerEngine
{
    private readonly Dictionary<string, (SeenContainer Container, int Starts)> _containers = [];
    private readonly HashSet<string> _images = [];
    private readonly Queue<(int Call, bool After)> _deaths = new();
    private int _calls;

    public sealed class DeathException : Exception;

    /// <summary>What dies with it notices.</summary>
    public Action? Dies { get; set; }

    /// <summary>What dies is the whole device, and the engine starts nothing by itself when it is back.</summary>
    public bool PowerFails { get; set; }

    /// <summary>The most that ran at once.</summary>
    public int MostRunning { get; private set; }

    public IReadOnlyList<SeenContainer> Containers
    {
        get
        {
            lock (_containers)
                return [.. _containers.Values.Select(c => c.Container)];
        }
    }

    /// <summary>How long each that was stopped was given.</summary>
    public Dictionary<string, TimeSpan> Stopped { get; } = [];

    /// <summary>So many starts fail with this status.</summary>
    public (int Starts, int Status) Refuses { get; set; }

    /// <summary>Before its containers are known.</summary>
    public Func<CancellationToken, Task> Lists { get; set; } = _ => Task.CompletedTask;

    /// <summary>Before an image has arrived.</summary>
    public Func<string, CancellationToken, Task> Pulls { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>What it says of an image instead of what it is.</summary>
    public EngineRefusedException? Refusal { get; set; }

    /// <summary>When an image says that it was made.</summary>
    public Func<string, DateTimeOffset?> CreatedOf { get; set; } = _ => null;

    /// <summary>To what is run inside.</summary>
    public Func<IReadOnlyList<string>, ExecResult> Answers { get; set; } = _ => new(0, "");

    /// <summary>Of what was run inside and did not end in time.</summary>
    public Func<bool> GoesOn { get; set; } = () => true;

    /// <summary>Of all images, and what it says when the agent lets it run.</summary>
    public (HealthCheck? Check, Func<bool?> Run) HealthCheck { get; set; } = (null, () => null);

    /// <summary>An image's container, as soon as it is started, and the engine leaves it at that.</summary>
    public Func<string, bool> Exits { get; set; } = _ => false;

    public Func<string, Health> HealthOf { get; set; } = healthOf;

    /// <summary>By the engine, of an image's container.</summary>
    public Func<string, int> RestartsOf { get; set; } = _ => 0;

    /// <summary>What its last check printed.</summary>
    public string? HealthOutput { get; set; }

    /// <summary>What a container printed.</summary>
    public string? LastLine { get; set; }

    public IReadOnlyCollection<string> Images => _images;

    public IEnumerable<string> Running => Containers.Where(c => c.Running).Select(c => c.Image);

    /// <summary>Another store, or somebody who tidied up.</summary>
    public void Forget()
    {
        _containers.Clear();
        _images.Clear();
    }

    public void DieAt(IEnumerable<(int Call, bool After)> deaths)
    {
        foreach (var death in deaths)
            _deaths.Enqueue(death);
    }

    public Task<EngineInfo> InfoAsync(CancellationToken cancellationToken) => Task.FromResult(new EngineInfo("Model", "1", Platform.Normalise("linux", "amd64", null), true));

    public async Task<IReadOnlyList<SeenContainer>> ListAsync(string? track, CancellationToken cancellationToken)
    {
        await Lists(cancellationToken);
        return await Call<IReadOnlyList<SeenContainer>>(() => [.. Containers.Where(c => track is null || c.Track == track)]);
    }

    public Task<EngineImage?> FindImageAsync(string image, CancellationToken cancellationToken) =>
        Call(() => !_images.Contains(image) ? null : Refusal is { } refusal ? throw refusal : new EngineImage(image, Platform.Normalise("linux", "amd64", null), new(), CreatedOf(image)));

    public async Task PullAsync(string image, string? credential, CancellationToken cancellationToken)
    {
        await Pulls(image, cancellationToken);
        await Call(() => _images.Add(image));
    }

    public Task<bool> RemoveImageAsync(string image, CancellationToken cancellationToken) => Call(() => Containers.All(c => c.Image != image) && (_images.Remove(image) || true));

    public Task CreateAsync(ContainerSpecification specification, CancellationToken cancellationToken) => Call(() =>
        !_images.Contains(specification.Image) ? throw new EngineRefusedException(404, "no such image") : _containers.TryAdd(specification.Name, (new(specification.Name, specification.Track, specification.Image, specification.Release, false), 0))
            ? true : throw new EngineRefusedException(409, "the name is taken"));

    public Task StartAsync(string container, CancellationToken cancellationToken) => Call(() =>
    {
        if (Refuses.Starts > 0)
        {
            Refuses = Refuses with { Starts = Refuses.Starts - 1 };
            throw new EngineRefusedException(Refuses.Status, "no such file or directory");
        }

        var started = _containers[container].Container;
        _containers[container] = (started with { Running = !Exits(started.Image) }, _containers[container].Starts + 1);
        MostRunning = Math.Max(MostRunning, Running.Count());
        return true;
    });

    public Task StopAsync(string container, TimeSpan patience, CancellationToken cancellationToken) => Call(() =>
    {
        Stopped[_containers[container].Container.Image] = patience;
        _containers[container] = _containers[container] with { Container = _containers[container].Container with { Running = false } };
        return true;
    });

    public Task RemoveAsync(string container, CancellationToken cancellationToken) => Call(() => _containers.Remove(container));

    public Task<ContainerSigns?> InspectAsync(string container, CancellationToken cancellationToken) => Call(() => _containers.TryGetValue(container, out var found)
        ? new ContainerSigns(found.Container.Running, RestartsOf(found.Container.Image), 7, $"start {found.Starts}", HealthOf(found.Container.Image), HealthCheck.Check, HealthOutput) : null);

    public Task<bool?> CheckHealthAsync(string container, TimeSpan patience, CancellationToken cancellationToken) => Task.FromResult(HealthCheck.Run());

    public Task<ExecResult> ExecAsync(string container, IReadOnlyList<string> command, TimeSpan patience, CancellationToken cancellationToken) => Task.FromResult(Answers(command));

    public Task<bool> IsRunningAsync(string exec, CancellationToken cancellationToken) => Task.FromResult(GoesOn());

    public Task<string?> LastLineAsync(string container, CancellationToken cancellationToken) => Task.FromResult(LastLine);

    private async Task<T> Call<T>(Func<T> effect)
    {
        await Task.Yield();
        var dies = _deaths.TryPeek(out var death) && death.Call <= _calls;
        _calls++;
        if (dies && !death.After)
            Die();
        T result;
        lock (_containers)
            result = effect();
        if (dies)
            Die();
        return result;
    }

    private void Die()
    {
        _deaths.Dequeue();
        _calls = 0;
        foreach (var (id, found) in PowerFails ? _containers.ToList() : [])
            _containers[id] = found with { Container = found.Container with { Running = false } };
        Dies?.Invoke();
        throw new DeathException();
    }
}
