using System.Diagnostics;
using IoTBackend.Stack.Children;

namespace IoTBackend.Stack;

/// <summary>The whole backend on this machine: storage, hub, registry, functions.</summary>
internal sealed class LocalStack : IAsyncDisposable
{
    private const string Worker = "worker";

    private readonly HttpClient http = new();
    private readonly List<Supervised> running = [];
    private readonly StackLayout layout;
    private readonly TimeProvider time;
    private readonly Action<string> say;
    private readonly IReadOnlyDictionary<string, string> settings;

    /// <param name="layout">Where things are.</param>
    /// <param name="ports">What to listen on.</param>
    /// <param name="secrets">The keys.</param>
    /// <param name="settings">App settings on top of the stack's own.</param>
    /// <param name="time">The clock.</param>
    /// <param name="say">Tells the user.</param>
    public LocalStack(
        StackLayout layout, StackPorts ports, StackSecrets secrets, IReadOnlyDictionary<string, string> settings, TimeProvider time, Action<string> say)
    {
        (this.layout, this.time, this.say, this.settings) = (layout, time, say, settings);
        Programs = new(layout, ports, secrets, http);
        Ports = ports;
        Secrets = secrets;
    }

    public StackPrograms Programs { get; }

    public StackPorts Ports { get; }

    public StackSecrets Secrets { get; }

    /// <summary>The hub keeps what can be read of damaged partitions, instead of refusing to start.</summary>
    public bool RepairHub { get; init; }

    public bool HasRegistry { get; private set; }

    /// <summary>From the start of the host until the functions answered; storage and hub were there.</summary>
    public TimeSpan FunctionsStart { get; private set; }

    /// <summary>Starts everything and waits until it accepts requests.</summary>
    /// <exception cref="StackException">Something is in the way, or did not get ready.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Ports.ThrowIfTaken();
        var registry = Programs.Registry();
        HasRegistry = registry is not null;
        await Task.WhenAll(new[] { Programs.Storage(), Programs.EventHub(RepairHub), registry }.OfType<ChildProgram>().Select(program => AddAsync(program, cancellationToken)));
        var started = time.GetTimestamp();
        await AddAsync(Programs.Functions(settings), cancellationToken);
        FunctionsStart = time.GetElapsedTime(started);
    }

    /// <summary>Kills a program as a power cut would; it comes back by itself.</summary>
    /// <param name="name">azurite, hub, registry, functions (the host, and with it the worker) or worker (the app's process alone).</param>
    /// <returns>False where it was dead already.</returns>
    public Task<bool> KillAsync(string name)
    {
        if (name != Worker)
            return running.Single(program => program.Name == name).KillAsync();
        using var worker = Process.GetProcessById(ProcessIdOf(Worker));
        worker.Kill();
        return Task.FromResult(true);
    }

    /// <summary>Of the running process: another one after every death.</summary>
    /// <param name="name">azurite, hub, registry, functions (the host) or worker; 0 = there is none at the moment.</param>
    public int ProcessIdOf(string name) =>
        name == Worker ? ProcessTree.ChildOf(ProcessIdOf("functions")) : running.Single(program => program.Name == name).ProcessId;

    /// <summary>Ends everything, the functions first: what they have begun they finish while the rest is still there.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var functions in running.Where(program => program.Name == "functions"))
            await functions.DisposeAsync();
        await Task.WhenAll(running.Where(program => program.Name != "functions").Select(program => program.DisposeAsync().AsTask()));
        http.Dispose();
    }

    private Task AddAsync(ChildProgram program, CancellationToken cancellationToken)
    {
        var child = new Supervised(program, layout.Logs, time, say);
        running.Add(child);
        return child.StartAsync(cancellationToken);
    }
}
