using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Functions.Tests.OpenApi;
using IoTBackend.Functions.Hosting;
using IoTBackend.Functions.SignIn;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Functions.Tests.Http;

/// <summary>Calls the functions as a host does, without one: route, guard, function, answer; in microseconds. Each answer is held against the API's description.</summary>
internal sealed class Api(params object[] services)
{
    private static readonly (string Name, MethodInfo Method, string[] Verbs, RouteTemplate Route)[] Functions =
        [.. (from function in RequestGuard.FunctionMethods()
             from parameter in function.Method.GetParameters()
             let trigger = parameter.GetCustomAttribute<HttpTriggerAttribute>()
             where trigger is not null
             let route = TemplateParser.Parse(trigger.Route ?? function.Name)
             orderby route.Parameters.Count
             select (function.Name, function.Method, trigger.Methods, route))];

    private readonly SignInGate _gate = services.OfType<SignInGate>().SingleOrDefault() ?? new(new ConfigurationBuilder().Build(), Microsoft.Extensions.Options.Options.Create(new SignInOptions()));

    private readonly ServiceProvider _services = Provider(services);

    /// <summary>For meters, which nobody listens to here.</summary>
    public static IMeterFactory Meters { get; } = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public async Task<Answer> SendAsync(string verb, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        var http = new DefaultHttpContext { RequestServices = _services };
        var at = path.Split('?', 2);
        (http.Request.Method, http.Request.Path, http.Request.QueryString) = (verb, new(at[0]), new(at.Length > 1 ? $"?{at[1]}" : ""));
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body ?? ""));
        http.Response.Body = new MemoryStream();
        foreach (var (name, value) in headers)
            http.Request.Headers[name] = value;
        var values = new RouteValueDictionary();
        var function = Functions.FirstOrDefault(f => f.Verbs.Contains(verb, StringComparer.OrdinalIgnoreCase) && new TemplateMatcher(f.Route, []).TryMatch(at[0], values));
        Assert.True(function.Method is not null, $"No function takes {verb} {path}");
        http.Request.RouteValues = values;

        if (_gate.Refuse(http.Request) is { } unproven)
            await IoTBackend.Functions.Http.Problem.Unauthorized(unproven).ExecuteAsync(http);
        else if (RequestGuard.Refuse(function.Name, http.Request) is { } reason)
            await IoTBackend.Functions.Http.Problem.BadRequest(reason).ExecuteAsync(http);
        else
            await RequestGuard.AnswerBadRequestAsync(http, async () => await (await InvokeAsync(function.Method, http)).ExecuteAsync(http));
        var answer = Answer.Of(function.Name, http.Response);
        if (verb != "HEAD" && http.Response.ContentType?.StartsWith("text/csv", StringComparison.Ordinal) != true && function.Method.GetCustomAttributes<IoTBackend.Functions.Http.AnswersAttribute>().Any())
            AnswerCheck.Holds(function.Name, answer.Status, answer.Body);
        return answer;
    }

    private async Task<IResult> InvokeAsync(MethodInfo method, HttpContext http)
    {
        var target = method.IsStatic ? null : ActivatorUtilities.CreateInstance(_services, method.DeclaringType!);
        var arguments = method.GetParameters().Select(p => p.ParameterType switch
        {
            var type when type == typeof(HttpRequest) => http.Request,
            var type when type == typeof(CancellationToken) => TestContext.Current.CancellationToken,
            var type => Convert.ChangeType(http.Request.RouteValues[p.Name!], type, null),
        });
        var result = method.Invoke(target, [.. arguments]);
        return result as IResult ?? await (Task<IResult>)result!;
    }

    private static ServiceProvider Provider(object[] services)
    {
        var collection = new ServiceCollection().AddSingleton(typeof(ILogger<>), typeof(NullLogger<>)).AddSingleton<ILoggerFactory, NullLoggerFactory>();
        foreach (var service in services)
        {
            collection.AddSingleton(service.GetType(), service);
            for (var type = service.GetType().BaseType; type is not null && type != typeof(object); type = type.BaseType)
                collection.AddSingleton(type, service);
            foreach (var contract in service.GetType().GetInterfaces())
                collection.AddSingleton(contract, service);
        }

        return collection.BuildServiceProvider();
    }
}

/// <param name="Function">Who answered.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">Null = none.</param>
/// <param name="Headers">Of the answer.</param>
internal sealed record Answer(string Function, int Status, JsonElement? Body, IHeaderDictionary Headers)
{
    /// <summary>The body as it came.</summary>
    public string Text { get; private init; } = "";

    /// <summary>What a problem document says.</summary>
    public string Detail => Body?.GetProperty("detail").GetString() ?? "";

    public static Answer Of(string function, HttpResponse response)
    {
        var bytes = ((MemoryStream)response.Body).ToArray();
        var isJson = response.ContentType?.Contains("json", StringComparison.Ordinal) == true;
        return new(function, response.StatusCode, isJson ? JsonDocument.Parse(bytes).RootElement : null, response.Headers) { Text = Encoding.UTF8.GetString(bytes) };
    }
}
