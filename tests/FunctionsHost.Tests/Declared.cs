using Google.Protobuf.WellKnownTypes;
using IoTBackend.FunctionsHost.Functions;
using IoTBackend.FunctionsHost.Protocol;

namespace FunctionsHost.Tests;

/// <summary>Functions as a worker would declare them.</summary>
internal static class Declared
{
    public static Function Function(string name, params string[] bindings) => new(Metadata(name, bindings));

    /// <summary>One that is retried after 10 ms and up.</summary>
    /// <param name="retries">-1 = for ever.</param>
    public static Function Retried(string name, int retries, params string[] bindings)
    {
        var metadata = Metadata(name, bindings);
        metadata.RetryOptions = new()
        {
            MaxRetryCount = retries,
            MinimumInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(10)),
            MaximumInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)),
        };
        return new(metadata);
    }

    private static RpcFunctionMetadata Metadata(string name, string[] bindings) => new() { Name = name, FunctionId = name, RawBindings = { bindings } };
}
