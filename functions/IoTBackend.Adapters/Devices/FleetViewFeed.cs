using IoTBackend.Adapters.Shared;
using IoTBackend.Core.State;

namespace IoTBackend.Adapters.Devices;

/// <summary>Has the fleet in memory hear of registrations that change, whichever instance took them.</summary>
public sealed class FleetViewFeed(FleetView view) : IChangeSubscriber
{
    public string Topic => TableDevices.Topic;

    public ValueTask OnChangeAsync(Change change, CancellationToken cancellationToken)
    {
        if (change.Key.Length > 0)
            view.Changed(change.Key);
        return ValueTask.CompletedTask;
    }
}
