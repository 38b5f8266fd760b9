namespace IoTBackend.Agent.Host;

/// <summary>Lets one loop wait for a time or for somebody who has something for it; several calls before it looks are one.</summary>
internal sealed class Wakeup(TimeProvider time)
{
    private volatile TaskCompletionSource _called = New();

    public void Call() => _called.TrySetResult();

    /// <summary>True = it was called.</summary>
    public async Task<bool> WaitAsync(TimeSpan most, CancellationToken cancellationToken)
    {
        try
        {
            await _called.Task.WaitAsync(most, time, cancellationToken);
            // Whoever calls from here on is heard at the next wait.
            _called = New();
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
