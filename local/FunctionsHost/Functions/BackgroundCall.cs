using IoTBackend.FunctionsHost.Protocol;
using IoTBackend.FunctionsHost.Workers;
using Microsoft.Extensions.Logging;

namespace IoTBackend.FunctionsHost.Functions;

/// <summary>Runs an invocation on the worker; throws what <see cref="WorkerConnection.InvokeAsync"/> does.</summary>
internal delegate Task Invoke(InvocationRequest request, CancellationToken cancellationToken);

/// <summary>How a trigger other than HTTP calls its function.</summary>
internal sealed class BackgroundCall(Function function, Invoke invoke, TimeProvider time, ILogger logger)
{
    public Function Function => function;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    /// <summary>
    /// Calls until the function succeeds (true) or its retry policy gives up (false). Throws OperationCanceledException when cancelled,
    /// or when stopping keeps it from trying again: then nothing is known of the outcome.
    /// </summary>
    /// <param name="input">The trigger's parameter.</param>
    /// <param name="metadata">What else the trigger tells.</param>
    /// <param name="stopping">No further attempt is begun.</param>
    /// <param name="cancellationToken">The running attempt is cancelled.</param>
    public async Task<bool> RunAsync(
        TypedData input, IReadOnlyDictionary<string, TypedData> metadata, CancellationToken stopping, CancellationToken cancellationToken)
    {
        RpcException? last = null;
        for (var attempt = 0; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var pause = function.Retry.DelayBefore(attempt + 1);
            try
            {
                await invoke(Request(input, metadata, attempt, last), cancellationToken);
                return true;
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (Exception failure) when (failure is FunctionFailedException or WorkerGoneException)
            {
                last = (failure as FunctionFailedException)?.Failure;
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

    private InvocationRequest Request(TypedData input, IReadOnlyDictionary<string, TypedData> metadata, int attempt, RpcException? last)
    {
        var request = new InvocationRequest { InvocationId = Guid.NewGuid().ToString(), FunctionId = function.Id };
        request.InputData.Add(new ParameterBinding { Name = function.TriggerName, Data = input });
        foreach (var (name, value) in metadata)
            request.TriggerMetadata.Add(name, value);
        // The worker shows none on the first attempt.
        if (attempt > 0)
            request.RetryContext = new() { RetryCount = attempt, MaxRetryCount = function.Retry.MaxRetries, Exception = last };
        return request;
    }
}
