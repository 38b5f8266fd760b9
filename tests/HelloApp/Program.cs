using HelloApp;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.UseMiddleware<Stamp>();
builder.Services.AddScoped<Scoped>();
builder.Services.AddSingleton(new Seen(new(builder.Configuration["AzureWebJobsStorage"] ?? "UseDevelopmentStorage=true")));
builder.Build().Run();
