namespace IoTBackend.Core.Releases;

/// <summary>Keeps a release from reaching further devices.</summary>
public interface IReleasePause
{
    /// <summary>Pauses its rollout where one is under way; where none is, or it is paused already, nothing happens.</summary>
    /// <param name="reason">A sentence for operators.</param>
    Task PauseAsync(string releaseId, string reason, CancellationToken cancellationToken);
}
