using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Changes;

namespace IoTBackend.Adapters.Changes;

/// <summary>Hears of one kind in the change feed, for those who wait for it.</summary>
public sealed class ChangeEar(string kind, RecentChanges changes) : IChangeSubscriber
{
    public string Topic => kind;

    public ValueTask OnChangeAsync(Change change, CancellationToken cancellationToken)
    {
        changes.Heard(kind, change.At);
        return ValueTask.CompletedTask;
    }
}
