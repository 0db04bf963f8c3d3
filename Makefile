# make book    build the site into _build/html; without solutions: make book SOLUTIONS=0
# make pdf     print it as _build/cnn-book.pdf
# make serve   open it in a browser
# make zip     pack it for a class without internet; without solutions: make zip SOLUTIONS=0
# make test    run all tests
# make chapter NAME=convolution/my-lesson TITLE="我的一课"   a new chapter from the template
# make lint    say what a page breaks; with FIX=1, first take results out of notebooks
# make gate    train every quick recipe and compare with what is recorded
# make offline unpack the zip with the network cut; install, run LeNet, kill it, go on
# make colab   execute every notebook in an environment like Colab's
# make bench   compare with d2l and torch
# make audit   known vulnerabilities, and the licences of all that is shipped
# make links   ask every outside link of the book whether it still answers
PYTHON ?= python3
PORT ?= 8000
DEVICE ?= cpu
export SOLUTIONS ?= 1
# threads that wait for others soon sleep: spinning as long as they do by default makes training many
# times slower on a busy machine, not spinning at all halves its speed on a quiet one
export GOMP_SPINCOUNT ?= 10000
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
VENDOR := assets/vendor/LICENSES.txt
PAGE := _build/html/index.html
JOBS ?= 2 # test files at a time
COLAB_IPYWIDGETS := 7.7.1
COLAB := $(VENV)/ipywidgets-$(COLAB_IPYWIDGETS)
LIKE_COLAB := _build/colab

# so that npm runs the venv's node, and notebooks the venv's kernel
export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: book pdf serve zip test chapter lint gate colab offline bench audit links data lock clean

book: $(INSTALLED) $(VENDOR) data
	jupyter-book build -W -n --keep-going .

pdf: book
	python tools/browser.py
	python tools/pdf.py

serve: $(PAGE)
	(sleep 1; python -m webbrowser "http://localhost:$(PORT)/") & python -m http.server -d _build/html $(PORT)

zip: book
	python tools/offline_zip.py

test: $(INSTALLED) $(COLAB)/.installed
	python -m pytest -n $(JOBS) --dist loadfile tests/unit
	IPYWIDGETS=$(COLAB_IPYWIDGETS) PYTHONPATH=$(abspath $(COLAB)) python -m pytest tests/unit/test_widgets*.py
	$(MAKE) book SOLUTIONS=1
	python tools/browser.py
	python -m pytest -n $(JOBS) --dist loadfile tests/site

# NAME and TITLE are in the recipe's environment: a shell reads nothing into them
chapter: $(INSTALLED)
	@python tools/new_chapter.py "$$NAME" "$$TITLE"

lint: $(INSTALLED)
	@python -m tools.lint $(if $(filter 1,$(FIX)),--fix)

gate: data
	python -m pytest -s tests/gate

offline: book
	python -m pytest -s tests/offline

colab: data $(LIKE_COLAB)/.installed
	python -m pytest -s tests/colab

bench: $(INSTALLED)
	python benchmarks/bench.py --device $(DEVICE)
	$(MAKE) book
	python -m pytest -sq tests/site/bench_explorer.py

audit: $(INSTALLED)
	PYTHONPATH=sphinx_ext python tools/audit.py

links: book
	jupyter-book build --builder linkcheck .; found=$$?; rm -f _build/html/output.*; exit $$found

data: $(INSTALLED)
	python -m d2lnotes data

lock: $(INSTALLED)
	uv pip compile -q --universal --python-version 3.11 --no-annotate --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command "make lock" requirements.in -o requirements.txt

clean:
	rm -rf _build assets/vendor frontend/node_modules

$(PAGE):
	$(MAKE) book

$(INSTALLED): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "需要 Python 3.11 或更新的版本，现在是 " + sys.version.split()[0] + "；可用 make PYTHON=python3.12 book 指定")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -r requirements.txt
	$(BIN)/pip install --no-deps d2l==1.0.3
	touch $@

# what Colab has, beside what the book is built with
$(COLAB)/.installed: $(INSTALLED)
	pip install --upgrade --no-deps --target $(COLAB) ipywidgets==$(COLAB_IPYWIDGETS) ipython_genutils==0.2.0
	touch $@

# all that Colab has for these notebooks, and nothing else; some gigabytes
$(LIKE_COLAB)/.installed: tests/colab/requirements.txt $(INSTALLED)
	python -m venv --clear $(LIKE_COLAB)/venv
	$(LIKE_COLAB)/venv/bin/pip install -r tests/colab/requirements.txt
	touch $@

$(VENDOR): $(INSTALLED) $(wildcard frontend/*.* frontend/.npmrc)
	npm --prefix frontend ci
	npm --prefix frontend run build
	touch $@
