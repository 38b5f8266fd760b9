using System.Runtime.ExceptionServices;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace IoTBackend.Functions.Hosting;

/// <summary>
/// The worker hands a function's exception on inside an AggregateException (DefaultFunctionInvoker reads the task's Result); the other
/// middleware shall see the one the function threw. Stands nearest to the function.
/// </summary>
internal sealed class UnwrapExceptions : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (AggregateException wrapped) when (wrapped.InnerExceptions is [var thrown])
        {
            ExceptionDispatchInfo.Throw(thrown);
        }
    }
}
