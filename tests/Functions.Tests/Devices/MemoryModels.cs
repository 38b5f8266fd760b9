using IoTBackend.Core.Devices;

namespace Functions.Tests.Devices;

internal sealed class MemoryModels : IModelStore
{
    private readonly SortedDictionary<string, DeviceModel> _models = new(StringComparer.Ordinal);

    public Task<DeviceModel?> FindAsync(string name, CancellationToken cancellationToken) => Task.FromResult(_models.GetValueOrDefault(name));

    public Task<IReadOnlyList<DeviceModel>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<DeviceModel>>([.. _models.Values]);

    public Task SaveAsync(DeviceModel model, CancellationToken cancellationToken)
    {
        _models[model.Name] = model;
        return Task.CompletedTask;
    }

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => Task.FromResult(_models.Remove(name));
}
