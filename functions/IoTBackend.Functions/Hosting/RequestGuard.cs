using System.Reflection;
using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace IoTBackend.Functions.Hosting;

/// <summary>
/// Stands before every HTTP function: answers odd names in the address and query parameters nobody reads, and turns what a
/// request's own body did wrong (too large, broken off) into its problem document.
/// </summary>
internal sealed class RequestGuard : IFunctionsWorkerMiddleware
{
    /// <summary>Functions that read their query themselves.</summary>
    private static readonly HashSet<string> Asking = [.. FunctionMethods().Where(f => AsksAny(f.Method)).Select(f => f.Name)];

    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is not { } http)
        {
            await next(context);
            return;
        }

        if (Refuse(context.FunctionDefinition.Name, http.Request) is { } reason)
        {
            await Problem.BadRequest(reason).ExecuteAsync(http);
            return;
        }

        await AnswerBadRequestAsync(http, () => next(context));
    }

    public static async Task AnswerBadRequestAsync(HttpContext http, Func<Task> next)
    {
        try
        {
            await next();
        }
        catch (BadHttpRequestException e) when (!http.Response.HasStarted)
        {
            var detail = e.StatusCode == StatusCodes.Status413PayloadTooLarge ? e.Message : "The request's body could not be read whole.";
            await Problem.Of(e.StatusCode, detail).ExecuteAsync(http);
        }
    }

    /// <summary>Why the request is refused before its function runs, or null.</summary>
    public static string? Refuse(string function, HttpRequest request)
    {
        foreach (var (parameter, value) in request.RouteValues)
        {
            if (RouteNames.Check(parameter, value as string ?? "") is { } wrong)
                return wrong;
        }

        return Asking.Contains(function) ? null : Query.RefuseAny(request);
    }

    /// <summary>Every function of the app, by its name.</summary>
    public static IEnumerable<(string Name, MethodInfo Method)> FunctionMethods() =>
        from type in typeof(RequestGuard).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        let function = method.GetCustomAttribute<FunctionAttribute>()
        where function is not null
        select (function.Name, method);

    private static bool AsksAny(MethodInfo method) =>
        method.GetCustomAttributes().Any(a => a.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(AsksAttribute<>));
}
