using System.Text.Json;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases.Desired;

namespace IoTBackend.Adapters.Releases.Desired;

/// <summary>Keeps the versions in memory in step with the store: all at the start, then as the change feed tells.</summary>
public sealed class DesiredVersionsFeed(DesiredVersions versions, TableDesiredStates states) : IChangeSubscriber
{
    public string Topic => TableDesiredStates.Topic;

    public bool IsAwaited => versions.IsAwaited;

    public ValueTask OnChangeAsync(Change change, CancellationToken cancellationToken)
    {
        foreach (var (deviceId, version) in JsonSerializer.Deserialize<Dictionary<string, long>>(change.Value ?? "{}") ?? [])
            versions.Set(deviceId, version);
        return ValueTask.CompletedTask;
    }

    public async ValueTask OnResetAsync(CancellationToken cancellationToken)
    {
        await foreach (var (deviceId, version) in states.ListVersionsAsync(cancellationToken))
            versions.Set(deviceId, version);
    }
}
