using IoTBackend.Agent.Engine;

namespace IoTBackend.Agent.Updates;

/// <summary>
/// A command that is run inside containers, never beside itself: nobody can end one that hangs, and the kernel does not count what enters from outside against the
/// container's limit of processes.
/// </summary>
internal sealed class InnerCommand(IReadOnlyList<string> command, IContainerEngine engine)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private string? _unended;

    /// <summary>No exit code: it has not ended in time, or an earlier one has not ended yet and this one was not begun.</summary>
    public async Task<ExecResult> RunAsync(string container, CancellationToken cancellationToken)
    {
        if (_unended is { } earlier && await engine.IsRunningAsync(earlier, cancellationToken))
            return new(null, "", earlier);
        var result = await engine.ExecAsync(container, command, Patience, cancellationToken);
        _unended = result.Unended;
        return result;
    }
}
