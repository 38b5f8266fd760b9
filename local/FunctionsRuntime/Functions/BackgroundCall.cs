using Microsoft.Extensions.Logging;

namespace IoTBackend.Local.FunctionsHost.Functions;

/// <summary>How a trigger other than HTTP calls its function.</summary>
internal sealed class BackgroundCall(Function function, Invoker invoker, AppServices app, TimeProvider time, ILogger logger)
{
    private readonly RetryPolicy retries = RetryPolicy.Of(function.Retry);

    public Function Function => function;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    /// <summary>
    /// Calls until the function succeeds (true) or its retry policy gives up (false). Throws OperationCanceledException when cancelled,
    /// or when stopping keeps it from trying again: then nothing is known of the outcome.
    /// </summary>
    public async Task<bool> RunAsync(object value, IReadOnlyDictionary<string, object?>? metadata, CancellationToken stopping, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var pause = retries.DelayBefore(attempt + 1);
            try
            {
                await using var invocation = new Invocation(function, app, cancellationToken) { TriggerValue = value, Metadata = metadata, Attempt = attempt };
                await invoker.InvokeAsync(invocation);
                return true;
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (Exception failure)
            {
                // In full at first and at last; a function that retries for ever would fill the log with one story.
                if (attempt == 0 || pause is null)
                    HostLog.InvocationFailed(logger, function.Name, failure);
                if (pause is { } wait)
                    HostLog.Retrying(logger, function.Name, attempt + 1, wait, HostLog.Cause(failure));
            }
            if (pause is null)
                return false;
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
            await Task.Delay(pause.Value, time, either.Token);
        }
    }
}
