using System.Diagnostics;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace IoTBackend.Local.FunctionsHost.Functions;

/// <summary>The middleware pipeline around every function, with an activity per invocation where somebody listens.</summary>
internal sealed class Invoker(FunctionExecutionDelegate pipeline)
{
    // Name and tags: the worker's own (OpenTelemetry semantic conventions 1.37, faas.*).
    private static readonly ActivitySource Source = new("Microsoft.Azure.Functions.Worker");

    public static FunctionExecutionDelegate Pipeline(IEnumerable<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> middleware) =>
        middleware.Reverse().Aggregate(
            (FunctionExecutionDelegate)(context => ((Invocation)context).Function.Call((Invocation)context)), (next, wrap) => wrap(next));

    public Task InvokeAsync(Invocation invocation) => Source.HasListeners() ? TracedAsync(invocation) : pipeline(invocation);

    private async Task TracedAsync(Invocation invocation)
    {
        var trace = invocation.TraceContext;
        ActivityContext.TryParse(trace.TraceParent, trace.TraceState, isRemote: true, out var parent);
        using var activity = Source.StartActivity($"function {invocation.Function.Name}", ActivityKind.Internal, parent);
        activity?.SetTag("faas.invocation_id", invocation.InvocationId).SetTag("faas.name", invocation.Function.Name);
        try
        {
            await pipeline(invocation);
        }
        catch (Exception failure)
        {
            activity?.SetStatus(ActivityStatusCode.Error, failure.GetType().Name);
            throw;
        }
    }
}
