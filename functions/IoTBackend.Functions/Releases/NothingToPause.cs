using IoTBackend.Core.Releases;

namespace IoTBackend.Functions.Releases;

/// <summary>A release is offered to all its devices at once: there is nothing that could be paused.</summary>
internal sealed class NothingToPause : IReleasePause
{
    public Task PauseAsync(string releaseId, string reason, CancellationToken cancellationToken) => Task.CompletedTask;
}
