using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.State;

/// <param name="Group">Its name.</param>
/// <param name="State">Who is silent, and the open outage.</param>
/// <param name="Version">Which stored version this is; null = none is stored.</param>
public sealed record GroupRow(string Group, GroupOutageState State, string? Version);

/// <summary>The groups in which somebody is silent.</summary>
public interface IGroupStates
{
    /// <summary>All of them; sends on alerts that a process died over.</summary>
    Task<IReadOnlyList<GroupRow>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Stores the state with the alerts it causes, then sends these on; a group in which nobody is silent is forgotten.</summary>
    /// <returns>False when another process changed the group.</returns>
    Task<bool> TryCommitAsync(GroupRow row, IReadOnlyList<AlertTransition> alerts, CancellationToken cancellationToken);
}
