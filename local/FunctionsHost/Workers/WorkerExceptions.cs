using IoTBackend.FunctionsHost.Protocol;

namespace IoTBackend.FunctionsHost.Workers;

/// <summary>The function threw; the worker told what.</summary>
internal sealed class FunctionFailedException(RpcException failure) : Exception($"{failure.Type}: {failure.Message}")
{
    public RpcException Failure => failure;

    /// <summary>As the worker's runtime would print it.</summary>
    public override string ToString() => $"{Message}\n{failure.StackTrace}";
}

/// <summary>The worker's process ended, or was never there.</summary>
internal sealed class WorkerGoneException() : Exception("The worker process ended.");
