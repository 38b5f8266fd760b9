using System.Linq.Expressions;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace IoTBackend.Local.FunctionsHost.Functions;

/// <summary>
/// A function's call as one delegate: a new instance from the invocation's services, the arguments, the call, its result
/// kept on the invocation. Compiled at start, so an invocation costs no reflection.
/// </summary>
internal static class CompiledCall
{
    public static Func<Invocation, Task> Of(Function function)
    {
        var invocation = Expression.Parameter(typeof(Invocation), "invocation");
        var arguments = function.Method.GetParameters().Select(parameter => Argument(function, parameter, invocation));
        var call = Expression.Call(Instance(function.Method, invocation), function.Method, arguments);
        return Expression.Lambda<Func<Invocation, Task>>(Completion(function, call, invocation), invocation).Compile();
    }

    private static UnaryExpression? Instance(MethodInfo method, ParameterExpression invocation)
    {
        if (method.IsStatic)
            return null;
        var type = method.DeclaringType!;
        var factory = ActivatorUtilities.CreateFactory(type, []);
        var services = Expression.Property(invocation, nameof(Invocation.InstanceServices));
        return Expression.Convert(Expression.Invoke(Expression.Constant(factory), services, Expression.Constant(null, typeof(object[]))), type);
    }

    private static Expression Argument(Function function, ParameterInfo parameter, ParameterExpression invocation)
    {
        var type = parameter.ParameterType;
        if (type == typeof(FunctionContext))
            return invocation;
        if (type == typeof(CancellationToken))
            return Expression.Property(invocation, nameof(Invocation.CancellationToken));
        var http = function.Trigger is HttpTriggerAttribute;
        if (parameter == function.TriggerParameter && !http)
            return Expression.Convert(Expression.Property(invocation, nameof(Invocation.TriggerValue)), type);
        if (type == typeof(HttpRequest) && http)
            return Expression.Property(invocation, nameof(Invocation.Request));
        if (http && RouteArgument.For(type) is { } read)
            return Expression.Call(read, invocation, Expression.Constant(parameter.Name));
        throw new NotSupportedException($"{function.Name}: nothing can be bound to '{type.Name} {parameter.Name}'");
    }

    private static MethodCallExpression Completion(Function function, MethodCallExpression call, ParameterExpression invocation)
    {
        var type = call.Type;
        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        var result = definition == typeof(Task<>) || definition == typeof(ValueTask<>) ? type.GetGenericArguments()[0]
            : type == typeof(void) || type == typeof(Task) || type == typeof(ValueTask) ? null
            : type;
        var replies = typeof(IResult).IsAssignableFrom(result) || typeof(IActionResult).IsAssignableFrom(result);
        if (result is not null && (function.Trigger is not HttpTriggerAttribute || !replies))
            throw new NotSupportedException($"{function.Name}: a result of type {result.Name} has nowhere to go");
        return type == typeof(Task) ? Expression.Call(((Func<Task, Task>)Pass).Method, call)
            : type == typeof(ValueTask) ? Expression.Call(((Func<ValueTask, Task>)Pass).Method, call)
            : type == typeof(void) ? Expression.Call(typeof(Task), nameof(Task.FromResult), [typeof(bool)], Expression.Block(call, Expression.Constant(true)))
            : Expression.Call(typeof(CompiledCall), definition is null ? nameof(Keep) : definition == typeof(Task<>) ? nameof(KeepTask) : nameof(KeepValueTask), [result!], call, invocation);
    }

    private static Task Pass(Task task) => task;

    private static Task Pass(ValueTask task) => task.AsTask();

    private static Task Keep<T>(T value, Invocation invocation)
    {
        invocation.Result = value;
        return Task.CompletedTask;
    }

    private static Task KeepTask<T>(Task<T> task, Invocation invocation)
    {
        return task.IsCompletedSuccessfully ? Keep(task.Result, invocation) : Await(task, invocation);

        static async Task Await(Task<T> task, Invocation invocation) => invocation.Result = await task;
    }

    private static Task KeepValueTask<T>(ValueTask<T> task, Invocation invocation) =>
        task.IsCompletedSuccessfully ? Keep(task.Result, invocation) : KeepTask(task.AsTask(), invocation);
}
