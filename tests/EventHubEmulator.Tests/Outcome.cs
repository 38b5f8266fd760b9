using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Storage;

namespace EventHubEmulator.Tests;

/// <summary>How an append ended: null = committed.</summary>
internal sealed class Outcome : IAppendObserver
{
    private readonly TaskCompletionSource<AmqpError?> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<AmqpError?> Task => _result.Task;
    public void Committed() => _result.TrySetResult(null);
    public void Failed(AmqpError error) => _result.TrySetResult(error);
    public void Flush() { }
}
